"""Bars and dots: what is drawn is what was given, name by name."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from ganflow.page import in_book_style
from ganflow.plotting import COLORS, draw_bars, draw_dots

CUT = {"as it is": {"G": 5, "D": 3}, "frozen": {"G": 5}, "by name": {"D": 0, "G": 2}}


def names_of(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def test_a_bar_is_as_long_as_its_amount_and_says_it():
    ax = draw_bars({"detach": 1234567, "no_grad": 0, "kept": 0.123456}, "bytes")
    (bars,) = ax.containers
    assert bars.datavalues.tolist() == [1234567, 0, 0.123456]
    assert names_of(ax) == ["detach", "no_grad", "kept"]
    assert [text.get_text() for text in ax.texts] == ["1,234,567", "0", "0.123"]
    assert ax.get_xlabel() == "bytes" and ax.get_legend() is None
    assert {to_hex(bar.get_facecolor()).upper() for bar in bars} == {COLORS["other"]}
    assert not any(bar.get_hatch() for bar in bars)


def test_the_first_name_is_on_top():
    for ax in (draw_bars({"a": 1, "b": 2}, "x"), draw_dots({"a": [1], "b": [2]}, "x")):
        bottom, top = ax.get_ylim()
        assert top < 0 < 1 < bottom and list(ax.get_yticks()) == [0, 1]


def test_kinds_follow_each_other_and_the_total_stands_at_the_end():
    ax = draw_bars(CUT, "products")
    of_G, of_D = ax.containers
    assert [c.get_label() for c in ax.containers] == ["G", "D"]
    assert [bar.get_width() for bar in of_G] == [5, 5, 2]
    ends = [bar.get_x() + bar.get_width() for bar in of_G]
    assert [bar.get_x() for bar in of_D] == ends
    assert [bar.get_width() for bar in of_D] == [3, 0, 0]
    assert [text.get_text() for text in ax.texts] == ["8", "5", "2"]
    (legend,) = ax.figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["G", "D"]
    figure, given = plt.subplots()
    legend = draw_bars(CUT, "products", given).get_legend()
    assert [t.get_text() for t in legend.get_texts()] == ["G", "D"]
    figure.canvas.draw()
    box, top = legend.get_window_extent(), given.bbox.y1
    assert top <= box.y0 < top + box.height  # right above what it explains


def test_a_kind_has_the_colour_that_was_asked_for():
    ax = draw_bars({"a": {"kept": 1, "freed": 2}}, "bytes", colors={"freed": "D"})
    kept, freed = ax.containers
    assert to_hex(kept[0].get_facecolor()).upper() == COLORS["G"]
    assert to_hex(freed[0].get_facecolor()).upper() == COLORS["D"]
    assert freed[0].get_hatch() and not kept[0].get_hatch()


def test_each_run_is_a_dot_in_its_row_and_the_bar_is_at_the_median():
    runs = {"one": [3.0], "many": [1.0, 2.0, 10.0, np.nan]}
    ax = draw_dots(runs, "modes", mark=8)
    mark, dot, its_median, dots, median = ax.lines
    assert set(mark.get_xdata()) == {8}
    assert dot.get_xdata().tolist() == [3] and dot.get_ydata().tolist() == [0]
    assert dots.get_xdata().tolist() == [1, 2, 10]
    assert all(abs(y - 1) < 0.3 for y in dots.get_ydata())
    assert len(set(dots.get_ydata())) == 3
    assert list(its_median.get_xdata()) == [3, 3]
    assert list(median.get_xdata()) == [2, 2]
    assert names_of(ax) == ["one", "many (1 not finite)"]
    assert ax.get_xscale() == "linear"
    assert draw_dots(runs, "modes", log=True).get_xscale() == "log"


@pytest.mark.parametrize("draw", [draw_bars, draw_dots])
def test_axes_that_are_given_are_drawn_on_and_new_ones_grow_with_the_names(draw):
    _, given = plt.subplots()
    one, many = {"a": 1}, dict.fromkeys("abcdefgh", 1)
    if draw is draw_dots:
        one, many = {"a": [1]}, dict.fromkeys("abcdefgh", [1])
    assert draw(one, "x", given) is given
    low, high = (draw(rows, "x").figure.get_figheight() for rows in (one, many))
    assert high > low + 2


def test_nothing_is_clipped_and_nothing_is_complained_of():
    with in_book_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        name = "a name of more than thirty-five letters"
        long = {name: {"what G needs of this": 6, "what it does not": 3}}
        for ax in (
            draw_bars(CUT, "products"),
            draw_bars(long, "products of the backward pass"),
            draw_dots({name: [1, 2]}, "x"),
        ):
            ax.figure.canvas.draw()
            whole = ax.figure.bbox
            for inside in (
                ax.get_tightbbox(),
                *(legend.get_window_extent() for legend in ax.figure.legends),
            ):
                assert whole.x0 <= inside.x0 and inside.x1 <= whole.x1
                assert whole.y0 <= inside.y0 and inside.y1 <= whole.y1


@pytest.mark.parametrize(
    ("draw", "rows", "message"),
    [
        (draw_bars, {}, "no name to draw; expected one at least"),
        (draw_bars, {"a": {}}, "'a' has {}; expected amounts of at least 0"),
        (draw_bars, {"a": -1}, "'a' has .*-1.*; expected amounts of at least 0"),
        (draw_bars, {"a": {"x": float("inf")}}, "'a' has {'x': inf}"),
        (draw_dots, {}, "no name to draw; expected one at least"),
        (draw_dots, {"a": [float("nan")]}, "'a' has no run with a number"),
        (draw_dots, {"a": []}, "'a' has no run with a number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, rows, message):
    with pytest.raises(ValueError, match=message):
        draw(rows, "x")


@pytest.mark.parametrize("most", [0.3, 2.5, 60, 900, 1e5])
def test_the_numbers_of_a_logarithmic_axis_lie_apart(most):
    with in_book_style():
        ax = draw_dots({"a": [0.15, most]}, "slope", log=True)
        ax.figure.canvas.draw()
    least, last = ax.get_xlim()
    labels = ax.get_xticklabels(which="both")
    shown = [label for label in labels if least <= label.get_position()[0] <= last]
    boxes = sorted((label.get_window_extent() for label in shown), key=lambda b: b.x0)
    assert len(boxes) >= 1
    assert all(b.x0 > a.x1 for a, b in zip(boxes, boxes[1:], strict=False))
