"""The record of a trace, by hand: what it answers, with no framework near it."""

import pytest

from ganflow.layout import fold_trace
from ganflow.records import DerivativeTrace, Edge, Node
from ganflow.widgets.trace_view.states import TraceState, card

NAMES = {"G": ("weight",), "D": ("weight", "bias")}


def leaf(number, network, name, **more):
    return Node(number, "parameter", "", name=name, network=network, **more)


def operation(number, call, network=None, **more):
    return Node(number, "operation", f"{call}Backward", call, network=network, **more)


def detached(*, also_live=False):
    """loss <- D(x_fake.detach()); `also_live` adds a second way from the loss to G."""
    nodes = [
        operation(0, "mean"),
        operation(1, "linear", "D", layer="0"),
        leaf(2, "D", "weight"),
        operation(3, "tanh", "G", live=also_live),
        leaf(4, "G", "weight", live=also_live),
    ]
    edges = [
        Edge(0, 1),
        Edge(1, 2),
        Edge(1, 3, live=False, cut="detach"),
        Edge(3, 4, live=also_live),
    ] + [Edge(0, 3)] * also_live
    return DerivativeTrace(
        0, tuple(nodes), tuple(edges), NAMES, called=frozenset({"G", "D"})
    )


def test_a_derivative_that_comes_round_D_does_not_flow_through_it():
    trace = detached(also_live=True)
    assert trace.reached["G"] == ("weight",)
    assert not trace.flows_through("D")
    assert trace.why_not("G") == ()  # it is reached, whatever else is cut


def test_it_prints_its_answers_in_a_few_stable_lines():
    assert str(detached()) == (
        "mean: 2 operations in its history\n"
        "  G: reaches 0 of 1 parameters; cut by detach\n"
        "  D: reaches 1 of 2 parameters\n"
        "  a second backward needs 0 bytes kept from the first (retain_graph=True)"
    )


def test_a_network_that_was_not_called_says_so_in_the_text():
    trace = DerivativeTrace(0, (operation(0, "mean", shape=(3,)),), (), {"G": ("w",)})
    assert str(trace).splitlines()[:2] == [
        "mean of shape (3,): 1 operation in its history",
        "  G: never called",
    ]
    with pytest.raises(ValueError, match="G was never called while the watch was on"):
        trace.accumulates_into("G")
    with pytest.raises(ValueError, match="no network named 'D' was watched; known: G"):
        trace.flows_through("D")


def test_a_graph_that_was_not_run_claims_no_bytes():
    trace = DerivativeTrace(0, (operation(0, "mul"),), (), saved_known=False)
    assert trace.saved_bytes is None
    assert trace.second_backward() == (
        "a second backward needs a persistent tape; what it keeps is decided when the "
        "graph runs"
    )
    (box,) = fold_trace(trace).boxes.values()
    reads = dict(card(box, TraceState(trace))["reads"])
    assert box.saved_bytes is None and "saved bytes" not in reads


def test_an_edge_is_live_or_cut_and_a_node_of_a_known_kind():
    with pytest.raises(ValueError, match="an edge cut by detach cannot be live"):
        Edge(0, 1, cut="detach")
    with pytest.raises(ValueError, match="kind is operation, parameter or input"):
        Node(0, "constant", "")


@pytest.mark.parametrize(
    ("freed", "said"),
    [
        ("abc", "freed are aBackward, bBackward, cBackward; keep"),
        ("abcd", "freed are aBackward, bBackward, cBackward and 1 more; keep"),
        ("abcde", "freed are aBackward, bBackward, cBackward and 2 more; keep"),
    ],
)
def test_of_what_was_freed_three_are_named_and_the_others_counted(freed, said):
    nodes = [operation(i, name, freed=True) for i, name in enumerate(freed)]
    edges = [Edge(i, i + 1) for i in range(len(freed) - 1)]
    trace = DerivativeTrace(0, tuple(nodes), tuple(edges), {})
    assert said in trace.second_backward()
