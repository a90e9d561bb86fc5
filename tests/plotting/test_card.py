"""One unit of a card is one px; words, lines and blocks lie where they are put."""

import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn_shapes import extent, middle, paper_of
from matplotlib.colors import to_rgba

from ganflow.page import in_book_style
from ganflow.plotting.card import COLORS, PX, block, card, cross, line, write

WIDTH, HEIGHT = 320.0, 200.0


@pytest.fixture
def ax():
    return card(WIDTH, HEIGHT, None)


def test_a_new_figure_is_all_card_and_96_px_are_an_inch(ax):
    """As in CSS, so that 11 px of a figure are 11 px of a page."""
    assert PX == 96
    np.testing.assert_allclose(
        ax.figure.get_size_inches() * 96, (WIDTH, HEIGHT), rtol=1e-12
    )
    assert ax.get_position().bounds == (0, 0, 1, 1)
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, WIDTH), (HEIGHT, 0))


def test_the_paper_leaves_the_same_margin_on_all_sides_and_lies_lowest(ax):
    paper = extent(paper_of(ax))
    assert paper.x0 == paper.y0 == WIDTH - paper.x1 == HEIGHT - paper.y1 == 1
    others = [
        block(ax, 10, 10, 50, 20, corner=0),
        line(ax, [(0, 0), (10, 10)]),
        write(ax, 50, 50, "H", 12),
    ]
    assert all(paper_of(ax).get_zorder() < other.get_zorder() for other in others)


def test_lines_pass_under_blocks_and_words_and_crosses_lie_above(ax):
    under = line(ax, [(0, 0), (10, 10)])
    over = block(ax, 10, 10, 50, 20, corner=0)
    words = write(ax, 50, 50, "H", 12)
    cross(ax, 10, 10, 4)
    heights = [under, over, words, ax.lines[-1]]
    heights = [artist.get_zorder() for artist in heights]
    assert heights == sorted(set(heights))


def test_a_block_lies_where_it_is_put_and_has_the_corners_that_it_is_given(ax):
    for corner in (0, 7):
        patch = block(ax, 10, 20, 50, 30, corner=corner)
        assert extent(patch).bounds == (10, 20, 50, 30)
        style = patch.get_boxstyle()
        assert getattr(style, "rounding_size", 0) == corner and style.pad == 0


def test_a_line_has_no_ground_and_passes_its_points_upright(ax):
    points = [(10.0, 100.0), (40.0, 60.0), (40.0, 20.0)]
    drawn = line(ax, points)
    corners = drawn.get_path().vertices
    np.testing.assert_allclose(corners[::3], points, rtol=1e-12)
    for (x0, y0), first, second, (x1, y1) in (corners[:4], corners[3:]):
        assert tuple(first) == (x0, (y0 + y1) / 2)
        assert tuple(second) == (x1, (y0 + y1) / 2)
    assert not drawn.get_fill()


@pytest.mark.parametrize("size", [11, 13, 40])
def test_words_stand_around_their_place(ax, size):
    """A capital is as high above the place as below it, and as far left as right."""
    words = write(ax, 100, 50, "H", size)
    across, down = middle(words) - (100, 50)
    assert abs(across) < 0.06 * size and abs(down) < 0.02 * size
    assert 0.7 * size < extent(words).height < 0.75 * size
    assert words.get_linewidth() == 0
    left = write(ax, 100, 50, "H", size, ha="left")
    assert 0 <= extent(left).x0 - 100 < 0.12 * size
    assert extent(left).width == pytest.approx(extent(words).width)


def test_words_are_in_ink_unless_told_otherwise(ax):
    assert write(ax, 9, 9, "H", 12).get_facecolor() == to_rgba(COLORS["ink"])
    soft = write(ax, 9, 9, "H", 12, color=COLORS["soft"])
    assert soft.get_facecolor() == to_rgba(COLORS["soft"])


def test_a_cross_stands_on_its_point_and_is_as_wide_as_high(ax):
    cross(ax, 10, 20, 4)
    ends = [[tuple(p) for p in drawn.get_xydata()] for drawn in ax.lines]
    assert ends == [[(6, 16), (14, 24)], [(6, 24), (14, 16)]]


def test_a_card_that_was_saved_keeps_its_places():
    """The style's own layout, which `savefig` would put in its place, moves axes."""
    with in_book_style(), warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = card(WIDTH, HEIGHT, None)
        plt.savefig(io.BytesIO())
        ax.figure.canvas.draw()
    assert ax.get_position().bounds == (0, 0, 1, 1)
