"""The bars of a step's lines: one scale, what stays and what goes, and their words."""

from collections import Counter

import numpy as np
import pytest
from contrast import contrast
from drawn_shapes import assert_on_paper, boxes_of, extent, pieces
from matplotlib.colors import to_rgba

from ganflow.cost import LineBytes
from ganflow.plotting import COLORS, draw_held
from ganflow.plotting.card import TINTS
from ganflow.plotting.held import BAR, ROW, WIDE

STEPS = {
    "one": [
        LineBytes("x = G(z)", 1_000_000, 1_000_000),
        LineBytes("loss = D(x)", 4_000_000, 3_000_000),
        LineBytes("loss.backward()", 3_000_000, 0),
    ],
    "two": [LineBytes("with torch.no_grad():", 0, 0), LineBytes("    x", 2_000, 2_000)],
}


@pytest.fixture
def ax():
    return draw_held(STEPS)


def bars(ax):
    """The bars of the lines, from top to bottom: (left end, width, colour)."""
    boxes = [box for box in boxes_of(ax) if box.get_height() == BAR]
    start, _ = Counter(p.get_x() for p in boxes).most_common(1)[0]  # not the legend's
    lines = [p for p in boxes if p.get_x() == start]
    return [(p.get_y(), p.get_width(), p.get_facecolor()) for p in lines]


def test_bars_of_all_steps_have_one_scale(ax):
    widths = [width for _, width, _ in sorted(bars(ax), key=lambda bar: bar[:2])]
    amounts = [1, 1, 3, 4, 3, 0.002, 0.002]
    np.testing.assert_allclose(widths, np.divide(amounts, 4) * WIDE, rtol=1e-12)


def test_what_goes_is_the_pale_end_of_what_stays(ax):
    pale, dark = to_rgba(TINTS["other"]), to_rgba(COLORS["other"])
    rows = {}
    for top, width, color in bars(ax):
        rows.setdefault(top, {})[color] = width
    second = rows[sorted(rows)[1]]
    np.testing.assert_allclose(second[dark] / second[pale], 3 / 4, rtol=1e-12)
    assert set(rows[sorted(rows)[2]]) == {pale}  # all of it goes
    assert contrast(COLORS["other"], TINTS["other"]) > 4.5


def test_all_lines_titles_and_the_most_that_stays_are_written_on_the_paper(ax):
    said = dict(pieces(ax, "words"))
    for title, lines in STEPS.items():
        assert title in said
        assert {line.code for line in lines} <= said.keys()
    assert {"3.0 MB", "2.0 kB", "kept after the line", "let go by it"} <= said.keys()
    assert_on_paper(ax)


def test_each_bar_lies_in_the_middle_of_its_line_and_has_square_corners(ax):
    middles = {np.mean(spine.get_ydata()) for spine in ax.lines}
    (start,) = {float(x) for spine in ax.lines for x in spine.get_xdata()}
    drawn = [box for box in boxes_of(ax) if box.get_x() == start]
    assert len(ax.lines) == 5 and len(drawn) == 7
    for bar in drawn:
        assert bar.get_y() + bar.get_height() / 2 in middles
        assert extent(bar).height == BAR  # a round corner would lie inside of it
        assert len(bar.get_path().vertices) == 5
    assert {bar.get_linewidth() for bar in drawn} == {1}
    assert {np.ptp(spine.get_ydata()) for spine in ax.lines} == {ROW}
    assert {spine.get_linewidth() for spine in ax.lines} == {1}


def test_the_number_stands_right_of_the_bar_that_leaves_most(ax):
    said = dict(pieces(ax, "words"))
    ends = {}
    for bar in boxes_of(ax):
        ends.setdefault(bar.get_y() + BAR / 2, []).append(extent(bar).x1)
    for words, row in (("3.0 MB", 1), ("2.0 kB", 4)):
        end = max(ends[sorted(ends)[row - (row == 4)]])
        assert 5 < extent(said[words]).x0 - end < 12


def test_the_legend_shows_each_bar_before_its_words(ax):
    said = dict(pieces(ax, "words"))
    boxes = boxes_of(ax)
    low = max(p.get_y() for p in boxes)
    assert low > max(np.max(spine.get_ydata()) for spine in ax.lines)
    shown = [p for p in boxes if p.get_y() == low]
    words = [extent(said[each]) for each in ("kept after the line", "let go by it")]
    for bar, box in zip(sorted(shown, key=lambda bar: bar.get_x()), words, strict=True):
        assert bar.get_width() == 18
        assert 8.5 < box.x0 - extent(bar).x1 < 9.5  # 8, and the side of a letter
    assert extent(shown[1]).x0 > words[0].x1 + 10


def test_small_amounts_are_said_in_kilobytes():
    for size, words in ((99_900, "99.9 kB"), (100_000, "0.1 MB"), (50_050, "50.0 kB")):
        said = dict(pieces(draw_held({"a": [LineBytes("x", size, size)]}), "words"))
        assert words in said


def test_an_indented_line_stands_further_right(ax):
    said = dict(pieces(ax, "words"))
    block, inside = said["with torch.no_grad():"], said["    x"]
    assert extent(inside).x0 > extent(block).x0 + 20


def test_nothing_to_draw_is_said():
    for steps in ({}, {"one": []}):
        with pytest.raises(ValueError, match="at least one step, and a line in each"):
            draw_held(steps)
