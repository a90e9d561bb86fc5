"""Growth is drawn as it is, and the line between arriving and leaving stands at 1."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from ganflow.plotting import COLORS, draw_growth

AT = np.linspace(0, 2, 9)
CURVES = {"up": 1 + AT / 10, "down": 1 - AT / 10}


def test_each_curve_is_drawn_at_its_numbers_and_named():
    ax = draw_growth(AT, CURVES, label="strength")
    for line, (name, curve) in zip(ax.lines, CURVES.items(), strict=False):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_xdata(), AT)
        np.testing.assert_array_equal(line.get_ydata(), curve)
    assert [words.get_text() for words in ax.get_legend().texts] == [*CURVES]
    assert ax.get_xlabel() == "strength"


@pytest.mark.parametrize("curve", [AT + 2, AT / 9, np.ones(9)])
def test_the_line_at_one_is_in_sight_with_a_word_on_each_side(curve):
    ax = draw_growth(AT, {"": curve}, label="")
    ax.figure.canvas.draw()
    least, most = ax.get_ylim()
    assert least < 1 < most
    heights = {
        text.get_text(): ax.transData.inverted().transform(text.get_window_extent())
        for text in ax.texts
    }
    assert heights["arrives"][1, 1] < 1 < heights["leaves"][0, 1]


def test_colours_differ_and_none_is_a_players():
    lines = draw_growth(AT, dict.fromkeys("abcdef", AT), label="").lines[:6]
    used = {line.get_color() for line in lines}
    assert len(used) == 6 and not used & {COLORS["G"], COLORS["D"]}


def test_it_draws_where_it_is_told():
    _, ax = plt.subplots()
    assert draw_growth(AT, CURVES, ax, label="") is ax


@pytest.mark.parametrize(
    ("curves", "message"),
    [
        ({}, "there are 0 curves; expected 1 to 6"),
        (dict.fromkeys("abcdefg", AT), "there are 7 curves"),
        ({"short": AT[:3]}, "the curve 'short' has 3 numbers; expected 9"),
    ],
)
def test_what_cannot_be_drawn_is_refused(curves, message):
    with pytest.raises(ValueError, match=message):
        draw_growth(AT, curves, label="")
