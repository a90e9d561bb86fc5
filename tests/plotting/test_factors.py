"""A product as boxes: each entry in its place, the product as numpy has it."""

import re

import numpy as np
import pytest
from drawn_shapes import assert_on_paper, boxes_of, extent, middle, pieces
from matplotlib.colors import to_hex

from ganflow.plotting import COLORS, draw_factors
from ganflow.plotting.factors import CELL

FACTORS = {"c": -0.5, "J_Gᵀ": [[2.25, 1], [0, 2.75], [5, 7]], "∂D/∂x": [1.5, 4]}


@pytest.fixture
def drawn():
    return draw_factors(FACTORS, "at theta", colors={"J_Gᵀ": "G", "∂D/∂x": "D"})


def cells(ax):
    """The boxes of entries, column by column from the left, each from the top."""
    found = [box for box in boxes_of(ax) if box.get_linewidth()]
    return sorted(found, key=lambda box: (box.get_x(), box.get_y()))


def entries(ax):
    """What is written in each box."""
    words = [(w, middle(at)) for w, at in pieces(ax, "words")]
    inside = lambda box, at: box.get_bbox().contains(*at)  # noqa: E731
    return [next(w for w, at in words if inside(box, at)) for box in cells(ax)]


def test_each_entry_stands_in_its_row_and_column_and_the_product_is_numpy_s(drawn):
    matrices = [np.array(FACTORS[name], float) for name in FACTORS]
    c, J, slope = matrices
    expected = [c, *J.T.ravel(), *slope, *(c * J @ slope)]
    said = [float(words.replace("−", "-")) for words in entries(drawn)]
    np.testing.assert_allclose(said, expected, rtol=5e-3)  # three digits are written


def test_signs_stand_between_and_names_and_shapes_above_and_below(drawn):
    words = sorted(pieces(drawn, "words"), key=lambda pair: middle(pair[1])[0])
    named = [w for w, _ in words if w in {*FACTORS, "at theta", "×", "="}]
    assert named == ["c", "×", "J_Gᵀ", "×", "∂D/∂x", "=", "at theta"]
    at = dict(words)
    tops = [box.get_y() for box in cells(drawn)]
    feet = [box.get_y() + CELL for box in cells(drawn)]
    assert all(middle(at[name])[1] < min(tops) for name in [*FACTORS, "at theta"])
    assert all(middle(at[shape])[1] > max(feet) for shape in ("1×1", "3×2", "2×1"))


def test_a_player_s_factor_has_its_colour(drawn):
    edges = [to_hex(box.get_edgecolor()).upper() for box in cells(drawn)]
    of = [COLORS[role] for role in ("other", "G", "D", "other")]
    assert edges == [of[0]] + [of[1]] * 6 + [of[2]] * 2 + [of[3]] * 3


def test_all_of_it_stays_on_its_paper_and_no_entry_leaves_its_box():
    ax = draw_factors({"a": [[-1234567.0, 0.000123]], "2": 2}, "a name longer than it")
    drawn = zip(cells(ax), entries(ax), strict=True)
    words = dict(pieces(ax, "words"))
    for box, said in drawn:
        assert box.get_x() < extent(words[said]).x0
        assert extent(words[said]).x1 < box.get_x() + box.get_width()
    assert_on_paper(ax)


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ({}, "no factor to draw; expected one at least"),
        ({"a": np.ones((2, 7))}, "'a' has the shape (2, 7); expected a number"),
        ({"a": []}, "'a' has the shape (0,)"),
        ({"a": np.ones((2, 2, 2))}, "'a' has the shape (2, 2, 2)"),
        (
            {"a": [[1, 2]], "b": [[1, 2]]},
            "'a' has the shape (1, 2), 'b' has (1, 2); expected as many rows",
        ),
    ],
)
def test_what_cannot_be_multiplied_or_read_is_refused(factors, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw_factors(factors, "product")
