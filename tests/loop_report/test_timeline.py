"""The timeline of versions: no box on another, no arrow through one."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import pytest
from loop_samples import ALL, moves, report

from ganflow.loop_report import words
from ganflow.loop_report.picture import marks, picture
from ganflow.loop_report.timeline import (
    ARC,
    BAND,
    BOX,
    EDGE,
    GAP,
    HEAD,
    LABEL,
    LETTER,
    SHARES,
    _label_place,
    along,
    lay_out_moves,
)

HALF_A_HEAD = 5  # px, of an arrow
D_READS_G, G_READS_D = ("D", 42, [41], {"G": [0]}), ("G", 48, [47], {"D": [0]})


def stale_own(player, turns, cycles, players="GD"):
    """A loop in which a player reads what it was itself one more move before."""
    found = tuple(
        replace(m, reads={**m.reads, player: (m.version - 2,)})
        if m.player == player and m.version > 1
        else m
        for m in moves(turns, cycles)
    )
    return report(turns, f"an older copy of {player}", moves=found, players=players)


STALE_OWN = stale_own("D", [D_READS_G, G_READS_D], 4)
THREE_OLD = stale_own(
    "G",
    [G_READS_D, ("D", 42, [41], {"G": [0, 1, 2, 3, 4]})],
    7,
    players=["G", "D", "encoder"],  # the third neither steps nor is read
)
LONG_AGO = report(
    [("D", 42, [41], {"G": [1, 3, 4, 5, 7, 9]}), ("G", 48, [47], {})], "", cycles=12
)
FAR = report(  # lanes lie between reader and version, both ways, and boxes beside
    [
        ("encoder", 57, [57], {}),
        ("G", 48, [47], {"Q": [2]}),
        ("encoder", 57, [57], {}),
        ("D", 42, [41], {}),
        ("Q", 62, [61], {"G": [0, 3]}),
    ],
    "far",
    players=["G", "D", "encoder", "Q"],
    cycles=5,
)
ONCE = report([D_READS_G, G_READS_D], "one cycle is kept", cycles=1)
SAMPLES = {name: make() for name, make in ALL.items()}
SAMPLES |= {"stale_own": STALE_OWN, "far": FAR, "three_old": THREE_OLD}
SAMPLES |= {"long_ago": LONG_AGO, "once": ONCE}


@pytest.fixture(params=SAMPLES.values(), ids=SAMPLES)
def sample(request):
    return request.param


def test_no_box_lies_on_another_and_all_are_inside(sample):
    places = lay_out_moves(sample)
    for a, b in combinations(places.boxes, 2):
        apart = a.x + a.width < b.x or b.x + b.width < a.x or abs(a.y - b.y) > BOX
        assert apart, (a.title, b.title)
    for box in places.boxes:
        assert 0 < box.x and box.x + box.width < places.width
        assert 0 < box.y and box.y + BOX < places.height


def test_every_step_of_two_cycles_has_a_box_and_an_arrow_to_each_read(sample):
    places = lay_out_moves(sample)
    steps = [box.move for box in places.boxes if box.move]
    assert steps == list(words.one_cycle(sample, repeats=2))
    for move in steps:
        drawn = [a for a in places.arrows if a.start.move is move]
        seen = words.lags_of(move)
        if all(lag == 0 for _, lag in seen.get(move.player, ())):
            seen.pop(move.player, None)
        reads = [(p, v, lag) for p, pairs in seen.items() for v, lag in pairs]
        assert [(a.end.player, a.lag) for a in drawn] == [(p, g) for p, _, g in reads]
        for arrow, (_, version, _) in zip(drawn, reads, strict=True):
            assert arrow.end.version == version or arrow.end.title.endswith(" ...")


def test_arrows_go_from_edge_to_edge_and_cross_no_box(sample):
    places = lay_out_moves(sample)
    for arrow in places.arrows:
        for point, box in (
            (arrow.pieces[0][0], arrow.start),
            (arrow.pieces[-1][3], arrow.end),
        ):
            assert box.x + HALF_A_HEAD < point[0] < box.x + box.width - HALF_A_HEAD
            assert point[1] in (box.y, box.y + BOX)
        for one, after in zip(arrow.pieces, arrow.pieces[1:], strict=False):
            assert one[3] == after[0]
        for curve in arrow.pieces:
            for i in range(51):
                x, y = along(curve, i / 50)
                assert 0 <= x <= places.width and 0 <= y <= places.height
                for box in places.boxes:
                    inside = box.x + 0.01 < x < box.x + box.width - 0.01
                    assert not (inside and box.y + 0.01 < y < box.y + BOX - 0.01)


def test_columns_and_lanes_are_as_far_apart_as_arrows_need(sample):
    """Evenly; a box is as wide as its words, a lane's name ends left of all boxes."""
    places = lay_out_moves(sample)
    if not places.boxes:
        return
    xs = sorted({round(box.x, 6) for box in places.boxes})
    wide = places.boxes[0].width
    assert {round(b - a, 6) for a, b in pairwise(xs)} <= {wide + GAP}
    for box in places.boxes:
        assert box.width == wide >= LETTER * len(box.title)
    words = [0.62 * 14 * len(box.title) for box in places.boxes]
    words += [0.62 * 11 * len(box.note) for box in places.boxes]
    assert max(words) < wide < 1.6 * max(words)
    assert min(xs) > 12 + LETTER * max(map(len, places.lanes))
    arcs = {a.end.player for a in places.arrows if a.end.player == a.start.player}
    heights = places.lanes
    first, *_ = heights
    assert heights[first] - BOX / 2 == EDGE + HEAD + (ARC if first in arcs else 0)
    for above, below in pairwise(heights):
        room = ARC / 2 if below in arcs else 0
        assert heights[below] - heights[above] == BOX + BAND + room
    assert places.width - (max(xs) + wide) == pytest.approx(EDGE)
    lowest = max(heights.values()) + BOX / 2
    assert places.height - lowest == pytest.approx(EDGE)


def test_a_line_through_a_gap_keeps_to_the_middle_of_it():
    """And passes the lanes between from edge to edge, up and down."""
    places = lay_out_moves(FAR)
    through = [arrow for arrow in places.arrows if len(arrow.pieces) > 1]
    down = [a.end.y > a.start.y for a in through]
    assert set(down) == {True, False}
    for arrow in through:
        (_, enter, *_), straight, _ = [piece[::3] for piece in arrow.pieces]
        (x0, y0), (x1, y1) = straight
        assert enter == (x0, y0) and x0 == x1 == arrow.start.x - GAP / 2
        order = list(places.lanes)
        ends = sorted(map(order.index, (arrow.start.player, arrow.end.player)))
        passed = [places.lanes[order[i]] for i in range(ends[0] + 1, ends[1])]
        assert sorted((y0, y1)) == [min(passed) - BOX / 2, max(passed) + BOX / 2]


def test_a_label_stands_on_every_old_read_and_on_no_other_label():
    for name in ("simultaneous", "pool", "long_names"):
        arrows = lay_out_moves(SAMPLES[name]).arrows
        told = [arrow for arrow in arrows if arrow.lag]
        assert told and all(a.label == f"{a.lag} back" for a in told)
        assert all(not a.label for a in arrows if not a.lag)
        for a, b in combinations(told, 2):
            (ax, ay), (bx, by) = a.label_at, b.label_at
            assert abs(ax - bx) >= LABEL[0] or abs(ay - by) >= LABEL[1]


def test_a_label_lies_on_its_arrow(sample):
    for arrow in lay_out_moves(sample).arrows:
        points = [along(arrow.pieces[-1], i / 500) for i in range(100, 451)]
        x, y = arrow.label_at
        assert min(abs(x - a) + abs(y - b) for a, b in points) < 2


UPRIGHT = ((0.0, 0.0), (0.0, 300.0), (0.0, 300.0), (0.0, 600.0))


def test_labels_on_one_line_stand_apart_as_long_as_there_is_room():
    """Then one has the place that is usual, over another."""
    taken = []
    for _ in SHARES:
        taken.append(_label_place(UPRIGHT, taken))
    heights = sorted(y for _, y in taken)
    assert all(b - a >= LABEL[1] for a, b in pairwise(heights))
    assert 0 < heights[0] and heights[-1] < 600 and {x for x, _ in taken} == {0}
    assert _label_place(UPRIGHT, taken) == taken[0] == _label_place(UPRIGHT, [])


@pytest.mark.parametrize(
    ("dx", "dy", "free"),
    [(0, 0, False), (LABEL[0], 0, True), (0, -LABEL[1], True), (-49, 14, False)],
)
def test_labels_may_touch_side_by_side_or_one_above_the_other(dx, dy, free):
    x, y = _label_place(UPRIGHT, [])
    assert (_label_place(UPRIGHT, [(x + dx, y + dy)]) == (x, y)) == free


def test_a_label_has_room_for_its_words():
    """Of 12 px, for a read that is up to nine moves old."""
    assert LABEL[0] > 0.62 * 12 * len("9 back") and LABEL[1] > 12


def test_a_step_of_two_players_is_one_column_tied_together():
    places = lay_out_moves(SAMPLES["three"])
    at = {box.title: box.x for box in places.boxes}
    assert at["Q3"] == at["G6"] and at["G5"] < at["G6"]
    assert len(places.ties) == 2
    (x, y0, y1), *_ = sorted(places.ties)
    (Q,) = (box for box in places.boxes if box.title == "Q3")
    assert x == Q.x + Q.width / 2
    assert (y0, y1) == (places.lanes["G"], places.lanes["Q"])


def test_cycles_are_named_where_there_is_one():
    names = [name for *_, name in lay_out_moves(SAMPLES["stylegan"]).spans]
    assert names == ["one cycle: 37 moves", "the same again"]
    assert lay_out_moves(SAMPLES["unsettled"]).spans == ()


def test_a_cycle_reaches_from_its_first_box_to_its_last(sample):
    places = lay_out_moves(sample)
    steps = [box for box in places.boxes if box.move]
    for i, (x0, x1, _) in enumerate(places.spans):
        own = steps[i * sample.cycle : (i + 1) * sample.cycle]
        assert (x0, x1) == (own[0].x, own[-1].x + own[-1].width)


def test_a_curve_leaves_and_arrives_upright_and_by_long_handles(sample):
    for arrow in lay_out_moves(sample).arrows:
        for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in arrow.pieces:
            assert x1 == x0 and x2 == x3
            straight = x0 == x3
            assert straight or min(abs(y1 - y0), abs(y3 - y2)) >= abs(y3 - y0) / 2
            if arrow.start.player == arrow.end.player:
                assert y1 == y2 == y0 - ARC  # over the lane
            else:
                assert min(y0, y3) <= min(y1, y2) and max(y1, y2) <= max(y0, y3)


def test_what_is_very_old_shares_a_box():
    titles = [
        b.title for b in lay_out_moves(LONG_AGO).boxes if b.player == "G" and not b.move
    ]
    assert titles == ["G6 ...", "G7", "G8", "G9", "G10"]


def test_three_old_versions_have_a_box_each_and_who_does_nothing_has_one():
    titles = [box.title for box in lay_out_moves(THREE_OLD).boxes if not box.move]
    assert titles == ["G2", "G3", "G4", "G5", "D5", "encoder 0"]


def test_where_no_step_was_seen_nothing_is_placed():
    places = lay_out_moves(SAMPLES["empty"])
    assert (places.width, places.height) == (0, 0) and not places.lanes
    assert not (places.boxes or places.arrows or places.spans or places.ties)


def svg_of(text):
    return ElementTree.fromstring(re.search(r"<svg width=.*?</svg>(?=</div>)", text)[0])


def test_each_step_of_the_picture_says_its_sentence_and_what_it_read(sample):
    """Escaped, well-formed, one step in the tab order; the first versions are mute."""
    steps = words.one_cycle(sample, repeats=2)
    if not steps:
        assert "No step was seen" in picture(sample)
        return
    svg = svg_of(picture(sample))
    drawn = [g for g in svg if g.get("class") == "step"]
    assert [g.get("tabindex") for g in drawn] == ["0"] + ["-1"] * (len(steps) - 1)
    for g, move in zip(drawn, steps, strict=True):
        assert words.stepping(move) in g.get("aria-label")
        assert words.reading(move, sample.players) in g.get("aria-label")
        keys = {box.get("data-box") for box in svg.iter() if box.get("data-box")}
        assert set(g.get("data-reads").split()) <= keys


def test_a_name_that_looks_like_html_stays_a_name():
    named = report([("D", 42, [41], {}, {"by": '<b>&"'})], "x", players="D", cycles=3)
    (first, *_) = [g for g in svg_of(picture(named)) if g.get("class") == "step"]
    assert '<b>&"' in first.get("aria-label")


def test_players_keep_apart_without_colour():
    """G is round, D square, others between; an old read is dashed and has a label."""
    assert marks(["encoder", "G", "Q", "D"]) == {
        "encoder": "other1",
        "G": "G",
        "Q": "other2",
        "D": "D",
    }
    text = picture(SAMPLES["three"])
    assert {'rx="20.0"', 'rx="0"', 'rx="8"'} <= set(re.findall(r'rx="[\d.]+"', text))
    stale = re.findall(r'class="line stale".*?</g>', picture(SAMPLES["simultaneous"]))
    assert len(stale) == 2
    assert all("1 back" in one for one in stale)


def test_a_step_that_read_the_unknown_is_marked_and_the_mark_explained():
    assert "D4 ?" in picture(SAMPLES["blind"])
    assert "unknown, too" in picture(SAMPLES["blind"])
    assert "unknown" not in re.sub("<style>.*</style>", "", picture(SAMPLES["pool"]))
