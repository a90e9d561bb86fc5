"""A pass goes up or down as it meets its layers, and words stay in their boxes."""

import numpy as np
import pytest
from drawn_shapes import assert_on_paper, boxes_of, extent, pieces, words_of
from matplotlib.patches import Polygon

from ganflow.plotting import draw_passes
from ganflow.plotting.passes import BOX, COLUMN

PASSES = {
    "scores": {"D.0": "", "D.1": "", "D.2": "W 0.22"},
    "derivative": {"D.2": "", "D.1": "", "D.0": ""},
    "second way": {"D.1": "b 0", "D.0": "weight 0, bias 0"},
}


def boxes(ax):
    """The boxes of layers, (left, top), in the order in which they were drawn."""
    found = [box for box in boxes_of(ax) if box.get_width() == COLUMN]
    return [(box.get_x(), box.get_y()) for box in found]


def heads(ax):
    """Where each arrow points to, and whether up."""
    found = [p.get_xy() for p in ax.get_children() if isinstance(p, Polygon)]
    return [(tip[0], tip[1], tip[1] < other[1]) for tip, other, *_ in found]


def test_a_layer_has_one_height_in_all_columns_and_the_first_is_lowest():
    drawn = boxes(draw_passes(PASSES))
    tops = [[top for left, top in drawn if left == x] for x in dict(drawn)]
    assert len(drawn) == 8 and len(tops) == 3
    scores, derivative, second = tops
    assert scores == sorted(scores, reverse=True)
    np.testing.assert_array_equal(derivative, scores[::-1])
    np.testing.assert_array_equal(second, [scores[1], scores[0]])


def test_arrows_lead_from_layer_to_layer_in_the_order_of_the_pass():
    ax = draw_passes(PASSES)
    drawn, arrows = boxes(ax), heads(ax)
    assert [up for *_, up in arrows] == [True] * 2 + [False] * 3
    arrived = [drawn[k] for k in (1, 2, 4, 5, 7)]  # all but the first of each pass
    for (left, top), (x, y, up) in zip(arrived, arrows, strict=True):
        np.testing.assert_allclose(x, left + COLUMN / 2, rtol=1e-12)
        np.testing.assert_allclose(y, top + BOX if up else top, rtol=1e-12)


def test_a_pale_pass_is_drawn_by_dashes_and_no_other_is():
    ax = draw_passes(PASSES, pale={"second way"})
    layers = [box for box in boxes_of(ax) if box.get_width() == COLUMN]
    dashed = [box.get_linestyle() != "-" for box in layers]
    assert dashed == [False] * 6 + [True] * 2


def test_words_stay_in_their_box_and_all_are_on_the_paper():
    ax = draw_passes(PASSES)
    assert {"D.0", "scores", "W 0.22", "weight 0, bias 0"} <= {*words_of(ax)}
    for words, patch in pieces(ax, "words"):
        assert extent(patch).width < COLUMN, words
    assert_on_paper(ax)


@pytest.mark.parametrize(
    ("passes", "pale", "said"),
    [
        ({}, (), "no pass"),
        ({"scores": {}}, (), "one layer at least"),
        ({"scores": {"a": ""}, "back": {"b": ""}}, (), "'back' meets"),
        (PASSES, ["third"], "pale names"),
    ],
)
def test_what_cannot_be_drawn_is_refused(passes, pale, said):
    with pytest.raises(ValueError, match=said):
        draw_passes(passes, pale)
