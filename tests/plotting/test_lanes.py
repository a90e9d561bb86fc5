"""Lanes: a box for each stretch, beside its lines, and arrows to who reads it."""

import re

import pytest
from drawn_shapes import (
    assert_inside,
    assert_on_paper,
    boxes_of,
    extent,
    middle,
    pieces,
    words_of,
)
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from ganflow.plotting import COLORS, draw_lanes
from ganflow.plotting.card import STRIPES
from ganflow.plotting.lanes import TIP

STEPS = ["fake = G(z)", "loss_D.backward()", "opt_D.step()", "loss_G.backward()"]
LANES = {
    "D's weights": ["old", "old", "new", "new"],
    "D.grad": ["", "of loss_D", "of loss_D", "of both"],
    "G": ["same"] * 4,
    "Guess": ["", "", "here", ""],
}
READS = [(3, "D.grad", 2, "D's weights"), (3, "D's weights", 0, "G")]


@pytest.fixture
def drawn():
    return draw_lanes(STEPS, LANES, READS)


def boxes(ax):
    """The boxes of the lanes, without their stripes."""
    return [box for box in boxes_of(ax) if box.get_linewidth()]


def lanes_of(ax):
    """The boxes of each lane, from the left, each from the top."""
    lanes = {}
    for box in sorted(boxes(ax), key=lambda b: (b.get_x(), b.get_y())):
        lanes.setdefault(box.get_x(), []).append(box)
    return list(lanes.values())


def rows_of(ax):
    """The middle of each line's words, px from the top."""
    words = dict(pieces(ax, "words"))
    return [middle(words[step])[1] for step in STEPS]


def test_a_lane_has_a_box_for_each_stretch_of_one_state(drawn):
    assert [len(lane) for lane in lanes_of(drawn)] == [2, 2, 1, 1]
    assert sorted(words_of(drawn)) == sorted(
        [*STEPS, *LANES, "old", "new", "of loss_D", "of both", "same", "here"]
    )


def test_a_box_stands_beside_the_lines_of_its_stretch_and_no_other(drawn):
    rows = rows_of(drawn)
    for lane, states in zip(lanes_of(drawn), LANES.values(), strict=True):
        beside = [
            [
                k
                for k, y in enumerate(rows)
                if b.get_y() < y < b.get_y() + b.get_height()
            ]
            for b in lane
        ]
        assert sum(beside, []) == [k for k, state in enumerate(states) if state]
        for steps in beside:
            assert len({states[k] for k in steps}) == 1


def test_a_player_has_its_colour_and_hatch_and_a_name_that_only_begins_alike_has_not(
    drawn,
):
    stripes = [box for box in boxes_of(drawn) if not box.get_linewidth()]
    roles = [("D", 2), ("D", 2), ("G", 1), ("other", 1)]
    expected = [role for role, n in roles for _ in range(n)]
    ordered = sorted(stripes, key=lambda p: (p.get_x(), p.get_y()))
    assert [p.get_hatch() or "" for p in ordered] == [
        STRIPES[role] for role in expected
    ]
    for box, role in zip(sum(lanes_of(drawn), []), expected, strict=True):
        assert to_hex(box.get_edgecolor()).upper() == COLORS[role]


def test_an_arrow_leads_from_what_is_read_to_its_reader_at_their_lines(drawn):
    rows, lanes = rows_of(drawn), lanes_of(drawn)
    weights, grads, of_G, _ = lanes
    arrows = [p for p in drawn.get_children() if isinstance(p, FancyArrowPatch)]
    there, back = ([tuple(end) for end in arrow._posA_posB] for arrow in arrows)
    right = [lane[0].get_x() + lane[0].get_width() for lane in lanes]
    assert there == [
        pytest.approx((right[0], rows[2]), abs=2),
        pytest.approx((grads[0].get_x(), rows[3]), abs=2),
    ]
    assert back == [
        pytest.approx((of_G[0].get_x(), rows[0]), abs=2),
        pytest.approx((weights[0].get_x() + weights[0].get_width(), rows[3]), abs=2),
    ]
    assert max(a.get_zorder() for a in arrows) < min(b.get_zorder() for b in weights)
    edges = [to_hex(arrow.get_edgecolor()).upper() for arrow in arrows]
    assert edges == [COLORS["D"], COLORS["G"]]


def test_tips_at_one_line_of_one_lane_lie_apart():
    """The one from above ends above, so that they do not cross."""
    lanes = {"D": ["x", "x"], "G": ["y", "y"], "loss": ["", "z"]}
    ax = draw_lanes(["a", "b"], lanes, [(1, "loss", 1, "D"), (1, "loss", 0, "G")])
    arrows = [p for p in ax.get_children() if isinstance(p, FancyArrowPatch)]
    of_D, of_G = (arrow._posA_posB[1][1] for arrow in arrows)
    assert of_D - of_G == TIP


def test_nothing_runs_over_its_box_or_the_paper(drawn):
    words = dict(pieces(drawn, "words"))
    for lane, states in zip(lanes_of(drawn), LANES.values(), strict=True):
        for state in set(states) - {""}:
            (around,) = [b for b in lane if extent(b).contains(*middle(words[state]))]
            assert_inside(words[state], around, slack=0)
    lefts = [lane[0].get_x() for lane in lanes_of(drawn)]
    assert max(extent(words[step]).x1 for step in STEPS) < min(lefts)
    assert_on_paper(drawn)


@pytest.mark.parametrize(
    ("steps", "lanes", "reads", "message"),
    [
        ([], {"D": []}, (), "0 steps and 1 lanes; expected one of each"),
        (["a"], {}, (), "1 steps and 0 lanes"),
        (["a", "b"], {"D": ["x"]}, (), "the lane 'D' has 1 entries; expected one for"),
        (["a"], {"D": ["x"]}, [(0, "D", 0, "G")], "has an end at step 0 of 'G'"),
        (["a"], {"D": ["x"]}, [(1, "D", 0, "D")], "has an end at step 1 of 'D'"),
        (["a"], {"D": ["x"]}, [(0, "D", -1, "D")], "has an end at step -1 of 'D'"),
        (["a"], {"D": [""]}, [(0, "D", 0, "D")], "where they hold something"),
    ],
)
def test_what_cannot_be_drawn_is_refused(steps, lanes, reads, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw_lanes(steps, lanes, reads)
