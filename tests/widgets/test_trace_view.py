"""What the live view is given: recorded states, told truthfully."""

import gzip
import json

import pytest
import torch
import traitlets
from small_step import small_networks, small_step

from ganflow.layout import FOLDS
from ganflow.trace.watch import watch
from ganflow.widgets.trace_view.recording import record_states
from ganflow.widgets.trace_view.states import Pool, TraceState, pack
from ganflow.widgets.trace_view.view import TraceView, trace_lab


@pytest.fixture(scope="module")
def players():
    return small_networks()


@pytest.fixture(scope="module")
def states(players):
    return record_states(small_step(**players), players)


@pytest.fixture(scope="module")
def record(states):
    return pack(states)


def card_of(record, state, title):
    """The card of the box with a title, in one state."""
    boxes = record["states"][state]["boxes"]
    (card,) = {
        card for box, card in boxes.items() if record["boxes"][box]["title"] == title
    }
    return record["cards"][card]


def test_the_norms_of_nodes_equal_autograd(players):
    """At the scores the derivative is torch's own, and so it is at each weight."""
    step = small_step(**players)
    states = record_states(step, players)
    seen, losses = step(False, False)
    state = states["loss_G", False, False]
    weights = dict(players["G"].named_parameters())
    found = torch.autograd.grad(losses["loss_G"], list(weights.values()))
    expected = dict(zip(weights, (float(g.norm()) for g in found), strict=True))
    nodes = [n for n in state.trace.nodes if n.kind == "parameter" and n.network == "G"]
    assert len(nodes) == 4
    for node in nodes:
        assert state.gradients[node.id] == pytest.approx(expected[node.name], rel=1e-6)


def test_values_and_norms_between_the_leaves_are_right_too():
    """loss = (3 w)^2 at w = 2: the product is 6, the derivative there 2 * 6."""
    w = torch.tensor([[2.0]], requires_grad=True)

    def step(cut, frozen):
        with watch(G=[w]) as seen:
            loss_G = (torch.tensor([[3.0]]) @ w).square().sum()
        return seen, {"loss_G": loss_G}

    state = record_states(step, {"G": [w]})["loss_G", True, True]
    product = next(n for n in state.trace.nodes if n.call == "matmul")
    assert (state.values[product.id], state.gradients[product.id]) == ("6", 12.0)
    assert state.values[state.trace.root] == "36"


class Deaf(torch.autograd.Function):
    """The sum of two numbers, whose backward pass gives the second nothing."""

    @staticmethod
    def forward(ctx, heard, unheard):
        return heard + unheard

    @staticmethod
    def backward(ctx, slope):
        return slope, None


def test_a_function_that_hands_on_nothing_leaves_no_number_behind_it(players):
    G, D = players["G"], players["D"]

    def step(cut, frozen):
        with watch(**players) as seen:
            loss = Deaf.apply(D(torch.ones(1, 2)).sum(), G(torch.ones(1, 2)).sum())
        return seen, {"loss_D": loss}

    state = record_states(step, players)["loss_D", False, False]
    told = {state.trace.by_id[number].network for number in state.gradients}
    assert told == {None, "D"}


def test_recording_leaves_no_gradient_behind(players, states):
    assert all(p.grad is None for net in players.values() for p in net.parameters())
    assert all(p.requires_grad for net in players.values() for p in net.parameters())


def test_the_flow_table_says_stepped_of_what_the_optimizers_hold(players, states):
    """Also in the state where the cut and the freeze leave loss_G no history."""
    opt_D = torch.optim.SGD(players["D"].parameters(), lr=0.1)
    steps = {"loss_D": opt_D, "loss_G": opt_D}
    shown = record_states(small_step(**players), players, steps)
    assert shown["loss_D", False, False].flow["loss_D", "D"].state == "stepped"
    assert shown["loss_G", False, False].flow["loss_G", "G"].state == "left behind"
    assert shown["loss_G", True, True].trace is None
    assert states["loss_D", False, False].flow["loss_D", "D"].state == "arrives"


def test_a_frozen_critic_is_passed_through_and_not_into(record):
    says = record["states"]["1,0,1"]["says"]
    assert "loss_G flows through D but accumulates nothing in it (frozen)" in says
    assert "accumulates into all 4 parameters of G" in says
    reads = dict(card_of(record, "1,0,1", "D")["reads"])
    assert reads[".grad filled"] == "0 of 4 parameters"
    assert reads["stopped by"] == "frozen parameter"


def test_the_cut_changes_the_line_from_d_to_g(record):
    keys = {box["title"]: number for number, box in enumerate(record["boxes"])}
    wire = record["wires"].index([keys["D"], keys["G"]])
    assert record["states"]["0,0,0"]["wires"][wire] == ["live", ""]
    assert record["states"]["0,1,0"]["wires"][wire] == ["cut", "detach"]


def test_every_fold_of_every_network_is_laid_out(record):
    assert len(record["pictures"]) == 2 * len(FOLDS) ** 2
    shown = {b for picture in record["pictures"].values() for b, *_ in picture["boxes"]}
    assert shown == set(range(len(record["boxes"])))


def test_a_state_without_history_says_so_instead_of_a_picture(record):
    state = record["states"]["1,1,1"]
    assert state["boxes"] == {} and "has no history" in state["says"]


def test_a_state_that_was_not_recorded_says_so(states):
    record = pack({("loss_G", False): states["loss_G", False, False]})
    says = record["states"]["0,1,1"]["says"]
    assert says == "Nothing was recorded for loss_G with the cut on and the freeze on."


def test_the_chapter_s_record_is_small(record):
    """Two losses, cut on and off, freeze on and off: at most 60 kB as served."""
    assert len(gzip.compress(json.dumps(record).encode())) <= 60_000


def test_a_pool_keeps_equal_things_once():
    pool = Pool()
    assert [pool.add(x) for x in ("a", "b", "a")] == [0, 1, 0]
    assert pool.items == ["a", "b"]


@pytest.mark.parametrize("key", ["loss_G", ("loss_G", 1), ("loss_G", True, True, True)])
def test_a_key_of_another_form_is_refused(states, key):
    with pytest.raises(ValueError, match=r"\(loss, cut, frozen\)"):
        TraceView.record({key: states["loss_G", False, False]})


def test_no_states_and_no_reason_are_refused():
    with pytest.raises(ValueError, match="no states"):
        TraceView.record({})
    with pytest.raises(TypeError, match="a DerivativeTrace, not a str"):
        TraceView.record({("loss_G",): "loss_G"})
    with pytest.raises(ValueError, match="message"):
        TraceState(None)


def test_traits_take_only_what_was_recorded(states):
    view = TraceView.record(states, cut=True, folds={"D": "layer"})
    assert (view.loss, view.cut, view.folds) == (0, True, {"D": "layer"})
    with pytest.raises(traitlets.TraitError, match="loss_D, loss_G"):
        view.loss = 2
    with pytest.raises(traitlets.TraitError, match="no network named 'E'"):
        view.folds = {"E": "layer"}
    with pytest.raises(traitlets.TraitError, match="network, layer, operation"):
        view.folds = {"D": "module"}
    with pytest.raises(traitlets.TraitError, match="the outside folds by"):
        view.folds = {"": "layer"}


def test_a_bare_trace_is_a_state(states):
    view = TraceView.record({("loss_G",): states["loss_G", False, False].trace})
    assert view.record_["losses"] == ["loss_G"]


def test_the_lab_has_a_switch_for_what_varies_only(states):
    kinds = [type(c).__name__ for c in trace_lab(states).children[0].children]
    assert kinds == ["Dropdown", "Checkbox", "Checkbox"]
    some = {key: state for key, state in states.items() if not key[2]}
    kinds = [type(c).__name__ for c in trace_lab(some).children[0].children]
    assert kinds == ["Dropdown", "Checkbox"]
