"""A pass goes up or down as it meets its layers, and words stay in their boxes."""

import numpy as np
import pytest
from drawn_shapes import extent, pieces
from matplotlib.patches import FancyBboxPatch, Polygon

from ganflow.plotting import draw_passes
from ganflow.plotting.passes import BOX, COLUMN

PASSES = {
    "scores": {"D.0": "", "D.1": "", "D.2": "W 0.22"},
    "derivative": {"D.2": "", "D.1": "", "D.0": ""},
    "second way": {"D.1": "b 0", "D.0": "weight 0, bias 0"},
}


def boxes(ax):
    """The boxes of a drawing, (left, top), in the order in which they were drawn."""
    found = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    return [(p.get_x(), p.get_y()) for p in found if p.get_width() == COLUMN]


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
    found = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    dashed = [p.get_linestyle() != "-" for p in found if p.get_width() == COLUMN]
    assert dashed == [False] * 6 + [True] * 2


def test_words_stay_in_their_box_and_all_are_on_the_paper():
    ax = draw_passes(PASSES)
    said = [words for words, _ in pieces(ax, "words")]
    assert {"D.0", "scores", "W 0.22", "weight 0, bias 0"} <= set(said)
    paper = ax.get_xlim()[1]
    for words, patch in pieces(ax, "words"):
        bounds = extent(patch)
        assert 0 < bounds.x0 < bounds.x1 < paper
        assert bounds.width < COLUMN, words


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
