"""Each pair of numbers is a dot, and the line is where the two are equal."""

import numpy as np
import pytest

from ganflow.plotting import draw_agreement

PANELS = {
    "right": {"W": ([1.0, 2.0], [1.0, 2.0]), "b": ([3.0], [3.0])},
    "lost": {"W": ([[1.0, 2.0]], [[0.5, 2.5]]), "b": ([3.0], [0.0])},
}


def test_each_panel_has_its_own_numbers():
    axes = draw_agreement(PANELS, "expected", "found")
    assert [ax.get_title() for ax in axes] == list(PANELS)
    for ax, panel in zip(axes, PANELS.values(), strict=True):
        _, *dots = ax.lines
        assert [each.get_label() for each in dots] == list(panel)
        for each, pair in zip(dots, panel.values(), strict=True):
            np.testing.assert_array_equal(each.get_data(), np.reshape(pair, (2, -1)))


def test_the_line_is_where_both_are_equal():
    ax, _ = draw_agreement(PANELS, "expected", "found")
    line, *_ = ax.lines
    assert line.get_slope() == 1 and line.get_xy1() == (0, 0)


@pytest.mark.parametrize(
    ("panels", "said"),
    [
        ({}, "the panels have the kinds"),
        ({"a": {}}, "the panels have the kinds"),
        ({"a": {"W": ([1], [1])}, "b": {"b": ([1], [1])}}, "the same in each"),
        ({"a": {str(k): ([1], [1]) for k in range(7)}}, "1 to 6"),
        ({"a": {"W": ([1, 2], [1])}}, "1 numbers found, 2 expected"),
    ],
)
def test_what_cannot_be_drawn_is_refused(panels, said):
    with pytest.raises(ValueError, match=said):
        draw_agreement(panels, "expected", "found")
