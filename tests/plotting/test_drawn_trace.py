"""A drawn trace: boxes where the layout has them, heads on lines, words centred."""

import numpy as np
import pytest
from drawn_shapes import (
    assert_arrow_head,
    assert_inside,
    extent,
    middle,
    paper_of,
    pieces,
)
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyBboxPatch, Polygon
from small_step import dcgan_trace, small_networks, small_step

from ganflow.layout import TEXT, lay_out, lines_of, role_of
from ganflow.plotting import COLORS, draw_trace
from ganflow.plotting.trace import NARROW, ROW, SAYS, STRIPE

NEAR = {"rtol": 0, "atol": 1e-6}  # px
HANGING = set("gjpqy()_,/@")  # letters that go below their line


@pytest.fixture(scope="module")
def traces():
    """One with lines of every state, and one with a frozen network."""
    step = small_step(**small_networks())
    cut, frozen = step(True, False), step(False, True)
    return {
        "cut": cut[0].trace(cut[1]["loss_D"]),
        "frozen": frozen[0].trace(frozen[1]["loss_G"]),
    }


@pytest.fixture(params=[("cut", "layer"), ("frozen", "operation")], ids=str)
def drawn(request, traces):
    """The axes, and the layout that they show."""
    name, fold = request.param
    return draw_trace(traces[name], fold), lay_out(traces[name], fold)


def shift(ax, places):
    """How far the layout lies from the card's corner: in its middle, px."""
    (_, width), (below, _) = ax.get_xlim(), ax.get_ylim()
    return np.array([(width - places.width) / 2, 8.0]), width, below


def test_each_box_lies_where_the_layout_has_it_in_the_middle_of_the_card(drawn):
    ax, layout = drawn
    moved, width, _ = shift(ax, layout.places)
    assert width == max(layout.places.width, NARROW) + 16
    for key, box in pieces(ax, "box"):
        spot = layout.places.spots[key]
        np.testing.assert_allclose(middle(box), moved + [spot.x, spot.y], **NEAR)
        size = extent(box).width, extent(box).height
        np.testing.assert_allclose(size, (spot.width, spot.height), **NEAR)


def test_without_a_legend_the_margins_are_the_same_on_all_sides(traces):
    wide = lay_out(traces["frozen"], "operation").places
    ax = draw_trace(traces["frozen"], "operation", legend=False)
    moved, width, below = shift(ax, wide)
    assert width == wide.width + 2 * moved[1] and below == wide.height + 2 * moved[1]


def test_lines_go_where_the_layout_has_them_and_live_ones_end_in_a_head(drawn):
    ax, layout = drawn
    moved, *_ = shift(ax, layout.places)
    heads = [p.get_xy() for p in ax.get_children() if isinstance(p, Polygon)]
    heads = {tuple(np.round(corners[0], 6)): corners for corners in heads}
    for pair, link in layout.folded.links.items():
        gid = f"{link.start} > {link.end}"
        way = np.array(layout.places.wires[pair].points) + moved
        line = dict(pieces(ax, link.state))[gid].get_path().vertices
        np.testing.assert_allclose(line[0], way[0], **NEAR)
        np.testing.assert_allclose(line[3::3], way[1:], **NEAR)
        tip = tuple(np.round(way[-1], 6))
        if link.live:  # it leaves and arrives upright
            assert_arrow_head(heads.pop(tip), way[-1], (0, way[-2][1] - way[-1][1]))
    assert len(heads) == 1  # the legend's


def test_heads_lie_over_lines_and_boxes_over_both(traces):
    ax = draw_trace(traces["cut"], "layer", legend=False)
    artists = {
        "line": [line for state in SAYS for _, line in pieces(ax, state)],
        "head": [a for a in ax.get_children() if isinstance(a, Polygon)],
        "box": [box for _, box in pieces(ax, "box")],
    }
    line, head, box = ({a.get_zorder() for a in some} for some in artists.values())
    assert max(line) < min(head) <= max(head) < min(box)


def test_a_line_is_upright_where_it_leaves_and_arrives(drawn):
    """Its handles stand straight above its ends, half way between their heights."""
    ax, layout = drawn
    lines = [a for state in SAYS for _, a in pieces(ax, state)]
    assert len(lines) == len(layout.folded.links)
    for line in lines:
        points = line.get_path().vertices
        for start, first, second, end in zip(
            points[:-1:3], points[1::3], points[2::3], points[3::3], strict=True
        ):
            height = (start[1] + end[1]) / 2
            np.testing.assert_allclose(first, (start[0], height), **NEAR)
            np.testing.assert_allclose(second, (end[0], height), **NEAR)


def test_a_head_points_down_where_the_derivative_does():
    """Of a penalty it goes on from the first layer to the second."""
    fold = {"G": "network", "D": "layer"}
    ax = draw_trace(dcgan_trace(), fold, legend=False)
    heads = [p.get_xy() for p in ax.get_children() if isinstance(p, Polygon)]
    down = [xy for xy in heads if xy[0, 1] > xy[1, 1]]
    layout = lay_out(dcgan_trace(), fold)
    live = [pair for pair, link in layout.folded.links.items() if link.live]
    ways = [layout.places.wires[pair].points for pair in live]
    assert len(down) == sum(way[-1][1] > way[-2][1] for way in ways) > 0


def test_words_stand_in_the_middle_beside_the_stripe_one_line_below_the_other(drawn):
    """The block of a title and its lines is as far from the top as from the bottom."""
    ax, layout = drawn
    boxes = dict(pieces(ax, "box"))
    for key, box in layout.folded.boxes.items():
        around = extent(boxes[key])
        inside = [
            (words, extent(a))
            for words, a in pieces(ax, "words")
            if around.contains(*middle(a))
        ]
        told = [words for words, _ in inside]
        assert told == [box.title, *lines_of(box)]
        stripe = STRIPE if role_of(box.network) else 0
        for words, at in inside:
            across = (at.x0 + at.x1) / 2
            assert abs(across - (around.x0 + stripe + around.x1) / 2) < 1.5, words
        if told[0][0].isupper() and not set(told[0] + told[-1]) & HANGING:
            above, below = inside[0][1].y0 - around.y0, around.y1 - inside[-1][1].y1
            assert abs(above - below) < 3, key
        for (_, upper), (_, lower) in zip(inside, inside[1:], strict=False):
            assert 0 < lower.y0 - upper.y1 < TEXT, key


def crosses(ax):
    """The two arms of each cross, the legend's last."""
    arms = [line.get_xydata() for line in ax.lines if np.ptp(line.get_ydata())]
    return list(zip(arms[::2], arms[1::2], strict=True))


def test_a_cut_has_its_cross_beside_its_reason_on_one_ground(traces):
    """Ground, cross and reason lie around the place of the layout."""
    ax, layout = draw_trace(traces["cut"], "layer"), lay_out(traces["cut"], "layer")
    (pair,) = (p for p, link in layout.folded.links.items() if link.cuts)
    moved, *_ = shift(ax, layout.places)
    at = np.array(layout.places.wires[pair].mark) + moved
    words = extent(dict(pieces(ax, "words"))["detach"])
    arms = np.array(crosses(ax)[0])
    (ground,) = (
        extent(p)
        for p in ax.get_children()
        if isinstance(p, FancyBboxPatch)
        and p.get_gid() is None
        and np.allclose(middle(p), at, rtol=0, atol=1e-6)
    )
    assert ground.x0 <= arms[..., 0].min()
    assert arms[..., 0].max() < words.x0 and words.x1 < ground.x1
    assert ground.y0 < arms[..., 1].min() and arms[..., 1].max() < ground.y1
    np.testing.assert_allclose(arms[..., 1].mean(), at[1], rtol=1e-9)
    assert abs((words.y0 + words.y1) / 2 - at[1]) < 1.5


def test_a_cut_without_words_has_its_cross_on_the_line(traces):
    """A frozen weight says why in its own box."""
    ax = draw_trace(traces["frozen"], "operation")
    layout = lay_out(traces["frozen"], "operation")
    moved, *_ = shift(ax, layout.places)
    marks = [
        np.array(layout.places.wires[pair].mark) + moved
        for pair, link in layout.folded.links.items()
        if link.cuts
    ]
    centres = [np.mean(arms, axis=(0, 1)) for arms in crosses(ax)[: len(marks)]]
    assert len(marks) == 4
    np.testing.assert_allclose(centres, marks, **NEAR)


def test_borders_and_stripes_have_the_players_colour_and_fade_where_nothing_flows(
    drawn,
):
    ax, layout = drawn
    boxes, stripes = dict(pieces(ax, "box")), {}
    for patch in ax.get_children():
        if isinstance(patch, FancyBboxPatch) and patch.get_gid() is None:
            at = extent(patch)
            stripes[round(at.x0, 3), round(at.y0, 3), round(at.y1, 3)] = patch
    for key, box in layout.folded.boxes.items():
        role, around = role_of(box.network), extent(boxes[key])
        own = COLORS[role] if role else COLORS["ink"]
        border = own if box.live else COLORS["beyond"]
        assert boxes[key].get_edgecolor() == to_rgba(border)
        stripe = stripes.get(tuple(np.round([around.x0, around.y0, around.y1], 3)))
        assert bool(stripe) == bool(role)
        if stripe:
            assert extent(stripe).width == pytest.approx(STRIPE)
            assert to_rgba(own)[:3] == stripe.get_edgecolor()[:3]
            assert (stripe.get_alpha() == 1) == box.live
    widths = {
        live: {
            boxes[k].get_linewidth()
            for k, b in layout.folded.boxes.items()
            if b.live == live
        }
        for live in (True, False)
    }
    assert not widths[False] or max(widths[False]) < min(widths[True])


def corner(box):
    """The radius of a box's corners, px."""
    return getattr(box.get_boxstyle(), "rounding_size", 0)


def test_leaves_are_pills_and_the_rest_is_round_by_its_player(drawn):
    ax, layout = drawn
    boxes = dict(pieces(ax, "box"))
    round_by_role = {}
    for key, box in layout.folded.boxes.items():
        role, half = role_of(box.network), extent(boxes[key]).height / 2
        if role == "D":
            assert corner(boxes[key]) == 0
        elif box.kind in ("input", "parameter"):
            assert corner(boxes[key]) == pytest.approx(half)
        else:
            round_by_role.setdefault(role, set()).add(corner(boxes[key]))
    (plain,), (of_G,) = round_by_role[""], round_by_role["G"]
    assert 0 < plain < of_G


def test_a_loss_has_light_words_on_its_border_s_colour(drawn):
    ax, layout = drawn
    (loss,) = (key for key, box in layout.folded.boxes.items() if box.kind == "loss")
    box = dict(pieces(ax, "box"))[loss]
    assert box.get_facecolor() == box.get_edgecolor()
    inside = [a for _, a in pieces(ax, "words") if extent(box).contains(*middle(a))]
    assert {a.get_facecolor() for a in inside} == {to_rgba(COLORS["paper"])}


def test_the_legend_shows_each_state_as_it_is_drawn_with_its_words_to_the_right(traces):
    """Below all boxes, in rows that do not touch, on the paper."""
    ax = draw_trace(traces["cut"], "layer")
    lowest = max(extent(box).y1 for _, box in pieces(ax, "box"))
    rows = [line for line in ax.lines if not np.ptp(line.get_ydata())]
    heights = [line.get_ydata()[0] for line in rows]
    assert len(rows) == len(SAYS) and np.allclose(np.diff(heights), ROW, rtol=1e-9)
    paper, words = extent(paper_of(ax)), dict(pieces(ax, "words"))
    for line, (state, says) in zip(rows, SAYS.items(), strict=True):
        link = pieces(ax, state)[0][1]
        assert to_rgba(line.get_color()) == link.get_edgecolor()
        assert line.get_linewidth() == link.get_linewidth()
        y = line.get_ydata()[0]
        assert abs(middle(words[says])[1] - y) < 2.5
        assert 0 < extent(words[says]).x0 - max(line.get_xdata()) < 2 * TEXT
        assert min(line.get_xdata()) > paper.x0
        assert_inside(words[says], paper_of(ax))
        assert lowest < extent(words[says]).y0
    above, below = heights[0] - lowest, paper.y1 - heights[-1]
    assert abs(above - below) < ROW / 2
    (head,) = (
        p.get_xy()
        for p in ax.get_children()
        if isinstance(p, Polygon) and p.get_xy()[0, 1] == heights[0]
    )
    end = max(rows[0].get_xdata())
    assert head[1, 0] < end < head[0, 0] < extent(words[SAYS["live"]]).x0
    assert_arrow_head(head, head[0], (-1, 0))
    at = [np.mean(rows[1].get_xdata()), heights[1]]
    np.testing.assert_allclose(np.mean(crosses(ax)[-1], axis=(0, 1)), at, rtol=1e-9)


def test_dashes_begin_with_ink_dots_are_round_and_both_leave_gaps(traces):
    ax = draw_trace(traces["cut"], "layer")
    (begin, (on, off)) = pieces(ax, "cut")[0][1].get_linestyle()
    assert begin == 0 and on > off > 2
    (begin, (on, off)) = pieces(ax, "beyond")[0][1].get_linestyle()
    assert begin == 0 and on == 1 < off  # as long as the line is wide
