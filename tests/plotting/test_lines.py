"""Lines show the numbers that they are given, also where they lie on each other."""

import numpy as np
import pytest

from ganflow.plotting import draw_lines

PANELS = {
    "D": {"one": [1.0, 2.0, 4.0], "other": [1.0, 2.0, 4.0]},
    "G": {"one": [0.0, 3.0, 0.0], "other": [5.0, 3.0, 1.0]},
}


def test_each_panel_has_its_lines_with_their_numbers():
    axes = draw_lines(PANELS, "ticks", "far")
    for ax, (title, lines) in zip(axes, PANELS.items(), strict=True):
        assert ax.get_title(loc="left") == title
        drawn = {line.get_label(): line.get_ydata() for line in ax.lines}
        assert drawn.keys() == lines.keys()
        for name, numbers in lines.items():
            np.testing.assert_array_equal(drawn[name], numbers)
    figure = axes[0].figure
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("ticks", "far")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["one", "other"]


def test_a_line_below_another_can_be_seen_beside_it():
    (ax,) = draw_lines(PANELS["D"], "ticks", "far")
    below, above = ax.lines
    assert below.get_linewidth() > above.get_linewidth() + 1
    assert (below.get_alpha() or 0) < 0.6 < (above.get_alpha() or 1)
    assert below.get_zorder() <= above.get_zorder()
    assert below.get_color() != above.get_color()


@pytest.mark.parametrize("letters", [1, 12, 24])
def test_the_names_stand_within_the_figure(letters):
    lines = {f"{number} {'m' * letters}": [1.0, 2.0] for number in range(4)}
    (ax,) = draw_lines(lines, "ticks", "far")
    ax.figure.canvas.draw()
    (legend,) = ax.figure.legends
    drawn, whole = legend.get_window_extent(), ax.figure.bbox
    assert whole.x0 <= drawn.x0 and drawn.x1 <= whole.x1
    assert ax.get_window_extent().y1 < drawn.y0  # and above the panel


def test_panels_stand_below_each_other_and_a_single_line_needs_no_legend():
    top, bottom = draw_lines(PANELS, "ticks", "far")
    top.figure.canvas.draw()
    assert top.get_position().y0 > bottom.get_position().y1
    (alone,) = draw_lines({"alone": [1.0, 2.0]}, "ticks", "far")
    assert not alone.figure.legends


def test_numbers_lie_where_at_says():
    (ax,) = draw_lines(PANELS["D"], "lambda", "far", at=(1, 10, 100), log=True)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), (1, 10, 100))
    assert ax.get_yscale() == "log"
    (ax,) = draw_lines(PANELS["D"], "lambda", "far", at=("0", "1", "100"))
    ax.figure.canvas.draw()
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "100"]
    assert ax.get_yscale() == "linear"


def test_a_number_of_a_short_line_has_a_mark_and_one_of_a_long_line_none():
    (short,) = draw_lines(PANELS["D"], "ticks", "far")
    assert len({str(line.get_marker()) for line in short.lines}) == 2
    (long,) = draw_lines({"one": np.arange(100)}, "ticks", "far")
    assert long.lines[0].get_marker() == "None"


@pytest.mark.parametrize(
    "lines, at, words",
    [
        ({}, None, "one at least"),
        ({"D": {}}, None, "one at least"),
        ({"D": {"one": [1.0]}, "G": {"other": [1.0]}}, None, "the same lines"),
        ({"one": [[1.0, 2.0]]}, None, r"'one' has the shape \(1, 2\)"),
        ({"one": []}, None, r"'one' has the shape \(0,\)"),
        ({"one": [1.0, 2.0]}, (1, 2, 3), "one for each of 3 places"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lines, at, words):
    with pytest.raises(ValueError, match=words):
        draw_lines(lines, "ticks", "far", at=at)
