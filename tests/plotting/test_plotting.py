"""Figures carry their labels, stay on their paper, tell G from D without colour."""

from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from contrast import contrast
from drawn_shapes import assert_inside, extent, middle, paper_of, pieces
from matplotlib.patches import FancyBboxPatch, Patch
from small_step import dcgan_trace, small_networks, small_step

from ganflow.layout import FOLDS, lay_out
from ganflow.plotting import COLORS, describe, draw_trace
from ganflow.plotting.card import PX
from ganflow.plotting.trace import SAYS
from ganflow.trace.flow import flow
from ganflow.widgets.trace_view import view as trace_view

TEXT_PX, COLUMN_PX = 11, 700


@pytest.fixture(scope="module")
def recorded():
    players = small_networks()
    step, found = small_step(**players), {}
    for cut, frozen in ((True, False), (False, True)):
        seen, losses = step(cut, frozen)
        table = flow(losses, players, seen=seen)
        found[cut, frozen] = {n: seen.trace(loss) for n, loss in losses.items()}, table
    return found


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("loss", ["loss_D", "loss_G"])
def test_every_label_of_a_dcgan_lies_inside_its_box_and_the_paper(fold, loss):
    trace = dcgan_trace(loss=loss)
    ax = draw_trace(trace, fold, name=loss)
    paper = paper_of(ax)
    boxes = dict(pieces(ax, "box"))
    layout = lay_out(trace, fold, name=loss)
    assert set(boxes) == set(layout.folded.boxes)
    for _, letters in pieces(ax, "words"):
        assert_inside(letters, paper)
        home = [box for box in boxes.values() if extent(box).contains(*middle(letters))]
        if home:
            assert_inside(letters, home[0])
    shown = {words for words, _ in pieces(ax, "words")}
    assert {box.title for box in layout.folded.boxes.values()} <= shown


@pytest.mark.parametrize("fold", ["network", "layer"])
def test_text_stays_at_least_9_px_in_a_column_of_700(fold):
    ax = draw_trace(dcgan_trace(), fold)
    width = ax.figure.get_size_inches()[0] * PX
    assert TEXT_PX * min(1, COLUMN_PX / width) >= 9


def test_nothing_is_drawn_outside_the_figure(recorded):
    figure = draw_trace(recorded[True, False][0]["loss_D"], "operation").figure
    figure.canvas.draw()
    tight = figure.get_tightbbox(figure.canvas.get_renderer())
    width, height = figure.get_size_inches()
    assert -0.01 <= tight.x0 and tight.x1 <= width + 0.01
    assert -0.01 <= tight.y0 and tight.y1 <= height + 0.01


def test_a_cut_is_dashed_and_says_by_what(recorded):
    traces, _ = recorded[True, False]
    ax = draw_trace(traces["loss_D"], "network", name="loss_D")
    ((_, cut),) = pieces(ax, "cut")
    ((_, live),) = pieces(ax, "live")
    assert cut.get_linestyle() != "-" == live.get_linestyle()
    assert cut.get_edgecolor() != live.get_edgecolor()
    assert "detach" in {words for words, _ in pieces(ax, "words")}


@pytest.mark.parametrize("cut", [True, False])
def test_the_legend_names_the_kinds_of_line_that_are_drawn(recorded, cut):
    ax = draw_trace(recorded[cut, not cut][0]["loss_D"], "network")
    shown = {words for words, _ in pieces(ax, "words")}
    for state, words in SAYS.items():
        assert (words in shown) == bool(pieces(ax, state))


def test_beyond_a_cut_lines_are_thinner_than_live_ones(recorded):
    ax = draw_trace(recorded[True, False][0]["loss_D"], "layer")
    live = min(line.get_linewidth() for _, line in pieces(ax, "live"))
    assert all(line.get_linewidth() < live for _, line in pieces(ax, "beyond"))
    assert len(pieces(ax, "beyond")) >= 3


def test_g_and_d_differ_in_shape_hatch_and_name_not_only_in_colour(recorded):
    ax = draw_trace(recorded[False, True][0]["loss_G"], "network", name="loss_G")
    boxes = dict(pieces(ax, "box"))
    styles = [type(boxes[player].get_boxstyle()).__name__ for player in "GD"]
    assert styles == ["Round", "Square"]
    hatches = [p.get_hatch() for p in ax.findobj(Patch) if p.get_hatch()]
    assert len(hatches) == 1  # D's stripe
    assert {"G", "D"} <= {words for words, _ in pieces(ax, "words")}


def test_a_given_axes_is_drawn_on_and_words_scale_with_it(recorded):
    figure, axes = plt.subplots(1, 2, figsize=(7, 4), layout="constrained")
    trace = recorded[True, False][0]["loss_D"]
    for ax in axes:
        assert draw_trace(trace, "network", ax=ax, legend=False) is ax
    for ax in axes:
        box = dict(pieces(ax, "box"))["D"]
        (letters,) = (
            a for words, a in pieces(ax, "words") if words.startswith("10 op")
        )
        assert_inside(letters, box)


def test_the_figure_and_the_widget_say_the_same_of_each_kind_of_line():
    script = Path(trace_view.__file__).with_suffix(".js").read_text()
    for state, words in SAYS.items():
        assert f'{state}: "{words}"' in script


def test_what_cannot_be_drawn_is_refused_by_name(recorded):
    traces, table = recorded[True, False]
    with pytest.raises(TypeError, match="this is a Tensor: pass what seen.trace"):
        draw_trace(torch.ones(()))
    with pytest.raises(TypeError, match="this is a Flow: pass what seen.trace"):
        draw_trace(table)
    with pytest.raises(TypeError, match="fold is 3: give one of network, layer, op"):
        draw_trace(traces["loss_D"], 3)


def test_a_figure_reads_on_a_dark_page_because_it_brings_its_paper(recorded):
    """Contrast of ink on the card, WCAG: at least 7 for text, 4.5 for soft text."""
    ax = draw_trace(recorded[True, False][0]["loss_D"])
    paper = paper_of(ax)
    assert isinstance(paper, FancyBboxPatch) and paper.get_alpha() is None
    assert contrast(COLORS["paper"], COLORS["ink"]) >= 7
    assert contrast(COLORS["paper"], COLORS["soft"]) >= 4.5


def test_alt_text_says_what_the_figure_shows(recorded):
    traces, table = recorded[True, False]
    assert "cut: detach" in describe(traces["loss_D"], "loss_D")
    assert "loss_D to G: cut: detach" in describe(table)
