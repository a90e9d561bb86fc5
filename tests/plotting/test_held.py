"""The bars of a step's lines: one scale, what stays and what goes, and their words."""

from collections import Counter

import numpy as np
import pytest
from contrast import contrast
from drawn_shapes import assert_inside, extent, paper_of, pieces
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch

from ganflow.cost import LineBytes
from ganflow.plotting import COLORS, draw_held
from ganflow.plotting.card import TINTS
from ganflow.plotting.held import BAR

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
    found = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    boxes = [p for p in found if p.get_gid() != "paper" and p.get_height() == BAR]
    start, _ = Counter(p.get_x() for p in boxes).most_common(1)[0]  # not the legend's
    lines = [p for p in boxes if p.get_x() == start]
    return [(p.get_y(), p.get_width(), p.get_facecolor()) for p in lines]


def test_bars_of_all_steps_have_one_scale(ax):
    widths = [width for _, width, _ in sorted(bars(ax), key=lambda bar: bar[:2])]
    amounts = [1, 1, 3, 4, 3, 0.002, 0.002]
    np.testing.assert_allclose(np.divide(widths, widths[3]), np.divide(amounts, 4))


def test_what_goes_is_the_pale_end_of_what_stays(ax):
    pale, dark = to_rgba(TINTS["other"]), to_rgba(COLORS["other"])
    rows = {}
    for top, width, color in bars(ax):
        rows.setdefault(top, {})[color] = width
    second = rows[sorted(rows)[1]]
    np.testing.assert_allclose(second[dark] / second[pale], 3 / 4)
    assert set(rows[sorted(rows)[2]]) == {pale}  # all of it goes
    assert contrast(COLORS["other"], TINTS["other"]) > 4.5


def test_all_lines_titles_and_the_most_that_stays_are_written_on_the_paper(ax):
    said = dict(pieces(ax, "words"))
    for title, lines in STEPS.items():
        assert title in said
        assert {line.code for line in lines} <= said.keys()
    assert {"3.0 MB", "2.0 kB", "kept after the line", "let go by it"} <= said.keys()
    for words in said.values():
        assert_inside(words, paper_of(ax))


def test_an_indented_line_stands_further_right(ax):
    said = dict(pieces(ax, "words"))
    block, inside = said["with torch.no_grad():"], said["    x"]
    assert extent(inside).x0 > extent(block).x0 + 20


def test_nothing_to_draw_is_said():
    for steps in ({}, {"one": []}):
        with pytest.raises(ValueError, match="at least one step, and a line in each"):
            draw_held(steps)
