"""Folding keeps the truth of a trace; places keep it readable."""

from dataclasses import replace
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_step import dcgan_trace, small_networks, small_step
from torch import ones

from ganflow.layout import (
    FOLDS,
    TEXT,
    TITLE,
    describe,
    fold_trace,
    label_of,
    lay_out,
    lay_out_together,
    lines_of,
    size_words,
)
from ganflow.layout.coordinates import _apart
from ganflow.layout.placement import GAP, LABEL, MARGIN, _lanes, place
from ganflow.layout.rows import SIDE, _crossings
from ganflow.records import DerivativeTrace, Edge, Flow, FlowCell, Node
from ganflow.trace.flow import flow
from ganflow.trace.watch import watch

MIXED = ({"G": "network", "D": "layer"}, {"G": "layer", "D": "operation"})


@pytest.fixture(scope="module")
def traces():
    """Small traces, cut and frozen and neither, and DCGAN's two losses."""
    players, found = small_networks(), {}
    step = small_step(**players)
    for cut, frozen in ((False, False), (True, False), (False, True)):
        seen, losses = step(cut, frozen)
        for name, loss in losses.items():
            found[name, cut, frozen] = seen.trace(loss)
    found["penalty"] = dcgan_trace(loss="loss_D")
    found["deep"] = dcgan_trace(loss="loss_G")
    return found


def drawn_points(points):
    """Points on a line as it is drawn: each piece leaves and arrives upright."""
    t = np.linspace(0, 1, 41)
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        yield (
            x0 + (x1 - x0) * (3 * t**2 - 2 * t**3),
            y0 + (y1 - y0) * (1.5 * t - 1.5 * t**2 + t**3),
        )


def assert_readable(places):
    """Boxes keep apart and inside, and no line crosses a stranger's box.

    Lines join the edges of their boxes that face each other, and carry their mark.
    """
    for a, b in combinations(places.spots.values(), 2):
        apart_x = abs(a.x - b.x) >= (a.width + b.width) / 2 + SIDE - 1e-6
        assert apart_x or abs(a.y - b.y) >= (a.height + b.height) / 2 + GAP - 1e-6, (
            a,
            b,
        )
    for spot in places.spots.values():
        room = spot.width / 2 + MARGIN, spot.height / 2 + MARGIN
        assert room[0] - 1e-6 <= spot.x <= places.width - room[0] + 1e-6
        assert room[1] - 1e-6 <= spot.y <= places.height - room[1] + 1e-6
    lowest = max(spot.y + spot.height / 2 for spot in places.spots.values())
    assert places.height == pytest.approx(lowest + MARGIN)
    for pair, wire in places.wires.items():
        ends = [places.spots[key] for key in pair]
        ways = (wire.points[0], wire.points[1]), (wire.points[-1], wire.points[-2])
        for spot, (end, after) in zip(ends, ways, strict=True):
            side = 1 if after[1] > end[1] else -1
            assert end[1] == pytest.approx(spot.y + side * spot.height / 2, abs=0.06)
            assert abs(end[0] - spot.x) <= 0.35 * spot.width + 0.06
        x, y = (np.concatenate(c) for c in zip(*drawn_points(wire.points), strict=True))
        order = np.argsort(y)
        on_line = np.interp(wire.mark[1], y[order], x[order])
        assert y.min() < wire.mark[1] < y.max()
        aside = wire.mark[0] - on_line  # its words are kept inside
        assert abs(aside) < 2 or aside * (places.width / 2 - on_line) > 0, pair
        for x, y in drawn_points(wire.points):
            assert x.min() >= 0 and x.max() <= places.width
            for key in places.spots.keys() - set(pair):
                spot = places.spots[key]
                inside = (abs(x - spot.x) < spot.width / 2 - 0.5) & (
                    abs(y - spot.y) < spot.height / 2 - 0.5
                )
                assert not inside.any(), f"{pair} crosses {key}"


@pytest.mark.parametrize("fold", [*FOLDS, *MIXED], ids=str)
def test_every_node_lies_in_exactly_one_box(traces, fold):
    for trace in traces.values():
        boxes = fold_trace(trace, fold).boxes.values()
        inside = sorted(number for box in boxes for number in box.nodes)
        assert inside == sorted(trace.by_id)


@pytest.mark.parametrize("fold", [*FOLDS, *MIXED], ids=str)
def test_a_folded_line_tells_the_truth_of_its_edges(traces, fold):
    """Live if any edge is; else cut by all the reasons there are; else beyond."""
    for trace in traces.values():
        folded = fold_trace(trace, fold)
        home = {n: box.key for box in folded.boxes.values() for n in box.nodes}
        between = {}
        for edge in trace.edges:
            pair = home[edge.start], home[edge.end]
            if pair[0] != pair[1]:
                between.setdefault(pair, []).append(edge)
        assert between.keys() == folded.links.keys()
        for pair, edges in between.items():
            link = folded.links[pair]
            reasons = {edge.cut for edge in edges if edge.cut}
            assert link.live == any(edge.live for edge in edges)
            assert set(link.cuts) == (set() if link.live else reasons)


@pytest.mark.parametrize("fold", FOLDS)
def test_boxes_add_up_to_the_trace(traces, fold):
    for trace in traces.values():
        boxes = fold_trace(trace, fold).boxes.values()
        reached = sum(map(len, trace.reached.values()))
        assert sum(box.reached for box in boxes) == reached
        assert {n for box in boxes if box.live for n in box.nodes} >= {
            node.id for node in trace.nodes if node.live
        }
        saved = [box.saved_bytes for box in boxes]
        assert max(saved) <= trace.saved_bytes <= sum(saved)


def test_a_whole_fold_shows_each_network_once(traces):
    folded = fold_trace(traces["penalty"], "network", name="loss_D")
    kinds = {box.key: box.kind for box in folded.boxes.values()}
    assert [key for key, kind in kinds.items() if kind == "network"] == ["D", "G"]
    assert folded.links["D", "G"].cuts == ("detach",)
    assert not folded.boxes["G"].live and folded.boxes["D"].reached == 10


def test_a_cut_inside_a_box_is_kept_with_its_reason(traces):
    folded = fold_trace(traces["loss_G", False, True], "layer")
    assert folded.boxes["D.0"].stopped == ("frozen parameter",)
    assert folded.boxes["D.0"].live and folded.boxes["D.0"].reached == 0


@pytest.mark.parametrize("fold", [*FOLDS, *MIXED], ids=str)
def test_every_cross_has_its_cause_on_the_line_or_in_its_box(traces, fold):
    for trace in traces.values():
        folded = fold_trace(trace, fold)
        for link in folded.links.values():
            end = folded.boxes[link.end]
            said = f"{label_of(link, end)} {lines_of(end)}"
            for cut in link.cuts:
                assert cut.removesuffix(" parameter") in said, (link, end)


def test_a_frozen_weight_says_what_stops_it(traces):
    boxes = fold_trace(traces["loss_G", False, True], "operation").boxes.values()
    (weight,) = (box for box in boxes if box.title == "D.2.weight")
    assert weight.stopped == ("frozen parameter",)
    assert lines_of(weight) == ("1 × 8 · frozen",)


@pytest.mark.parametrize(
    "calls, lines",
    [
        ("linear", ("linear",)),
        ("norm sub square mean", ("norm · sub · square", "mean")),
        ("conv_transpose2d batch_norm", ("conv_transpose2d", "batch_norm")),
        ("conv_transpose2d round", ("conv_transpose2d · round",)),  # 24 letters
        ("exp " * 12, ("exp · exp · exp · exp", "exp · exp · exp · exp…")),
    ],
)
def test_calls_take_two_lines_before_their_end_is_dropped(traces, calls, lines):
    boxes = fold_trace(traces["loss_G", False, False], "layer").boxes.values()
    layer = next(box for box in boxes if box.kind == "layer")
    assert lines_of(replace(layer, calls=tuple(calls.split()), parameters=0)) == lines


def test_tensors_of_a_list_are_named_once():
    W, B, psi = (ones(2, requires_grad=True) for _ in range(3))
    with watch(D=[W, B], psi=psi) as seen:
        loss = (W * 2 + B * psi).sum()
    boxes = fold_trace(seen.trace(loss), "operation").boxes.values()
    titles = {box.title for box in boxes if box.kind == "parameter"}
    assert titles == {"D[0]", "D[1]", "psi"}


@pytest.mark.parametrize("fold", [*FOLDS, *MIXED], ids=str)
def test_small_and_dcgan_traces_stay_readable(traces, fold):
    for trace in traces.values():
        places = lay_out(trace, fold, name="loss_D").places
        assert_readable(places)
        if fold in ("network", "layer"):
            assert places.width <= 700


def test_the_loss_is_lowest_and_values_flow_down(traces):
    layout = lay_out(traces["loss_G", False, False], "layer", name="loss_G")
    height = {key: spot.y for key, spot in layout.places.spots.items()}
    ladder = ["loss loss_G+", "D.2", "D.1", "D.0", "G.2", "G.1", "G.0"]
    assert sorted(ladder, key=height.get, reverse=True) == ladder
    for pair, wire in layout.places.wires.items():
        assert wire.points[0][1] > wire.points[-1][1], pair


def test_a_second_derivative_runs_down_past_the_layers(traces):
    """The penalty's derivative goes on from layer 0 to layer 1, others back."""
    wires = lay_out(traces["penalty"], MIXED[0]).places.wires
    assert wires["D.1", "D.0"].points[0][1] > wires["D.1", "D.0"].points[-1][1]
    assert wires["D.0", "D.1"].points[0][1] < wires["D.0", "D.1"].points[-1][1]


def test_boxes_keep_their_names_when_a_cut_is_switched(traces):
    """The view draws all states in one set of places: same code, same keys."""
    for fold in FOLDS:
        keys = [
            {k for k in fold_trace(traces["loss_D", *state], fold).boxes if "D." in k}
            for state in ((False, False), (True, False))
        ]
        assert keys[0] == keys[1]


def test_places_hold_several_states_at_once(traces):
    names = ["loss_D", "loss_G"]
    folded = [fold_trace(traces[name, False, False], name=name) for name in names]
    places = lay_out_together(folded)
    assert_readable(places)
    assert set(places.spots) == set(folded[0].boxes) | set(folded[1].boxes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_graph_is_placed_without_collisions(data):
    count = data.draw(st.integers(1, 14))
    keys = [f"box {number}" for number in range(count)]
    side = st.floats(40, 220)
    sizes = {key: (data.draw(side), data.draw(side) / 4) for key in keys}
    pairs = [(a, b) for a in keys for b in keys if a != b]
    links = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    labels = {link: 60.0 for link in links[::3]}
    places = place(sizes, links, labels=labels)
    assert set(places.wires) == set(links)
    assert_readable(places)
    assert_labels_apart(places, labels)


def assert_labels_apart(places, labels):
    """Words at a mark lie inside, between two rows, and on no other words."""
    at = {link: places.wires[link].mark for link in labels}
    for link, (x, y) in at.items():
        room = labels[link] / 2 + MARGIN
        assert room - 1e-6 <= x <= places.width - room + 1e-6
        for spot in places.spots.values():
            assert abs(y - spot.y) >= (spot.height + LABEL) / 2 - 1e-6, link
    for (a, (x0, y0)), (b, (x1, y1)) in combinations(at.items(), 2):
        clear = (labels[a] + labels[b]) / 2
        assert abs(y0 - y1) >= LABEL - 1e-6 or abs(x0 - x1) >= clear, (a, b)


@pytest.mark.parametrize(("low", "lane"), [(80, 1), (139 + SIDE, 1), (141 + SIDE, 0)])
def test_words_share_a_lane_if_their_lines_leave_room_for_both(low, lane):
    """One line goes from 0 to 100 with 40 px of words, so they may reach to 120."""
    x = {"a": 0, "over a": 100, "b": low, "over b": 300}
    links = {("a", "1"): ["a", "over a", "1"], ("b", "2"): ["b", "over b", "2"]}
    (gap,) = _lanes([["a", "b"]], links, x, dict.fromkeys(links, 40))
    assert [gap[link] for link in links] == [0, lane]


def test_rows_stand_as_close_as_gaps_and_labels_let_them():
    """A chain of three: one gap plain, one with the words of a label in it."""
    sizes = {"a": (100, 40), "b": (60, 20), "c": (80, 30)}
    links = [("a", "b"), ("b", "c")]
    places = place(sizes, links, labels={("b", "c"): 70.0})
    a, b, c = (places.spots[key] for key in "abc")
    assert c.y - 15 == MARGIN and a.x == b.x == c.x == places.width / 2
    assert b.y - 10 - (c.y + 15) == GAP + LABEL
    assert a.y - 20 - (b.y + 10) == GAP
    assert places.width == 100 + 2 * MARGIN
    assert places.wires["a", "b"].mark == (a.x, (a.y - 20 + b.y + 10) / 2)
    assert places.wires["b", "c"].mark == (b.x, (b.y - 10 + c.y + 15) / 2)


def test_a_picture_is_as_wide_as_its_longest_words():
    places = place(
        {"a": (20, 20), "b": (20, 20)}, [("a", "b")], labels={("a", "b"): 90}
    )
    assert places.width == 90 + 2 * MARGIN


def test_a_row_that_is_too_wide_is_broken_where_it_must():
    """Three fit with the space between them, and the fourth does not."""
    sizes = dict.fromkeys("abcd", (100.0, 20.0))
    wide = 3 * 100 + 2 * SIDE + 2 * MARGIN
    rows = [spot.y for spot in place(sizes, [], column=wide).spots.values()]
    assert len(set(rows)) == 2 and sorted(map(rows.count, set(rows))) == [1, 3]
    rows = [spot.y for spot in place(sizes, [], column=wide - 1).spots.values()]
    assert sorted(map(rows.count, set(rows))) == [2, 2]


def test_a_box_has_room_for_its_words_and_not_much_more(traces):
    """On both sides 8 to 16 px; above and below at least half a line."""
    for trace in traces.values():
        layout = lay_out(trace, "operation", name="loss_D")
        for key, box in layout.folded.boxes.items():
            spot, lines = layout.places.spots[key], lines_of(box)
            letters = [0.62 * TITLE * len(box.title)]
            letters += [0.62 * TEXT * len(line) for line in lines]
            assert spot.width == 64 or 16 < spot.width - max(letters) < 32
            assert spot.width >= 64
            high = TITLE + 1.3 * TEXT * len(lines)
            assert TEXT < spot.height - high < 2 * TITLE


def test_words_on_a_line_have_room_beside_its_cross(traces):
    trace = traces["loss_D", True, False]
    (link,) = (k for k in fold_trace(trace).links.values() if k.cuts)
    folded = fold_trace(trace)
    before = lay_out_together([folded]).width
    long = replace(link, cuts=("a reason that is longer than the picture is wide",))
    links = folded.links | {(link.start, link.end): long}
    words = len(long.cuts[0]) * TEXT * 0.62
    width = lay_out_together([replace(folded, links=links)]).width
    assert before < words and 8 < width - words - 2 * MARGIN < 24


def chain(*, network="D", names=("0.weight",)):
    nodes = (
        Node(0, "operation", "MeanBackward0", call="mean"),
        Node(1, "operation", "MmBackward0", call="mm", network=network, layer="0"),
        Node(2, "parameter", "AccumulateGrad", name="0.weight", network=network),
    )
    edges = (Edge(0, 1), Edge(1, 2))
    return DerivativeTrace(0, nodes, edges, {network: names}, frozenset({network}))


def test_a_weight_lies_in_the_layer_that_its_name_says():
    assert fold_trace(chain(), "layer").boxes["D.0"].nodes == (1, 2)


def test_an_unknown_fold_or_network_is_refused():
    with pytest.raises(ValueError, match="folds by network, layer, operation"):
        lay_out(chain(), "module")
    with pytest.raises(ValueError, match="the networks are: D"):
        lay_out(chain(), {"E": "layer"})


def test_words_agree_with_autograd():
    """What `describe` says of a network is what the flow table measures."""
    players = small_networks()
    step = small_step(**players)
    for cut, frozen in ((False, False), (True, False), (False, True)):
        seen, losses = step(cut, frozen)
        table = flow(losses, players, seen=seen)
        for name, loss in losses.items():
            words = describe(seen.trace(loss), name)
            for player in players:
                arrives = f"accumulates into all 4 parameters of {player}" in words
                assert arrives == (table[name, player].reached == 4), words


def test_words_tell_through_from_into(traces):
    assert describe(traces["loss_G", False, True], "loss_G") == (
        "The derivative of loss_G flows through D but accumulates nothing in it "
        "(frozen); it accumulates into all 4 parameters of G."
    )
    assert describe(traces["loss_D", True, False], "loss_D").endswith(
        "it never arrives in G (cut: detach)."
    )


def test_only_a_trace_or_a_flow_is_described():
    with pytest.raises(TypeError, match="not a str"):
        describe("loss")


def test_a_part_of_the_weights_is_counted():
    frozen = replace(chain(names=("0.weight", "0.bias")))
    assert "accumulates into 1 of 2 parameters of D" in describe(frozen)


def test_a_described_flow_has_three_digits():
    cells = {("loss_D", "D"): FlowCell(0.123456, 4, 4, 4)}
    told = describe(Flow(("loss_D",), ("D",), cells))
    assert told.endswith("loss_D to D: 0.123, stepped.")


@pytest.mark.parametrize(
    ("nbytes", "said"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (1_250, "1.2 kB"),
        (999_000, "999.0 kB"),
        (1_000_000, "1.0 MB"),
        (2_500_000, "2.5 MB"),
    ],
)
def test_bytes_are_said_in_powers_of_a_thousand(nbytes, said):
    assert size_words(nbytes) == said


@pytest.mark.parametrize(
    ("lines", "crossings"),
    [
        ([("a", "x"), ("b", "y")], 0),
        ([("a", "y"), ("b", "x")], 1),
        ([("a", "x"), ("a", "y"), ("b", "y")], 0),  # they share an end
        ([("a", "y"), ("b", "x"), ("b", "y")], 1),
        ([("a", "z"), ("b", "y"), ("c", "x")], 3),
    ],
)
def test_lines_cross_where_their_ends_are_in_opposite_orders(lines, crossings):
    rows = [["a", "b", "c"], ["x", "y", "z"]]
    up = nx.DiGraph(lines)
    up.add_nodes_from("abcxyz")
    assert _crossings(rows, up) == crossings


def test_a_box_is_named_by_a_layer_only_where_a_network_has_it():
    nodes = (
        Node(0, "operation", "MeanBackward0", call="mean", layer="0"),
        Node(1, "operation", "MulBackward0", call="mul", network="D"),
        Node(2, "parameter", "AccumulateGrad", name="0.weight", network="D"),
    )
    made = replace(chain(), nodes=nodes)
    assert {"D.", ".0"}.isdisjoint(fold_trace(made, "layer").boxes)
    assert "D.0" in fold_trace(made, "layer").boxes


def test_a_row_keeps_its_order_its_spaces_and_inside_the_column():
    """Where there is room each box lies where it wants; else they share the way."""
    wide, even = [40.0, 60.0], [1.0, 1.0]
    step = 50 + SIDE
    for want, found in (
        ([100, 300], [100, 300]),
        ([0, 300], [20, 300]),
        ([100, 1000], [100, 370]),  # the right edge at 400
        ([200, 200], [200 - step / 2, 200 + step / 2]),
        ([300, 100], [200 - step / 2, 200 + step / 2]),
        ([1000, 1000], [370 - step, 370]),
    ):
        at = _apart(want, even, wide, 400.0)
        np.testing.assert_allclose(at, found, rtol=1e-12)
    heavy = _apart([200, 200], [3.0, 1.0], wide, 400.0)
    np.testing.assert_allclose(heavy, [200 - step / 4, 200 + 3 * step / 4], rtol=1e-12)


def test_three_in_a_row_meet_at_their_common_middle():
    at = _apart([50, 50, 101], [1.0] * 3, [20.0] * 3, 400.0)
    np.testing.assert_allclose(np.diff(at), 20 + SIDE, rtol=1e-12)
    np.testing.assert_allclose(at.mean(), 67, rtol=1e-12)
