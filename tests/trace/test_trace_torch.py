"""What a torch trace says of its nodes: whose they are, what they save and freed."""

import pytest
import torch
from small_pair import ALL, penalty, score_of_fake
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from ganflow.trace.watch import watch


def test_each_operation_knows_its_network_and_layer(pair):
    trace = score_of_fake(pair)
    where = [
        (n.network, n.layer, n.call) for n in trace.nodes if n.op[:5] in ("Addmm",)
    ]
    assert where == [
        ("D", "2", "linear"), ("D", "0", "linear"),
        ("G", "2", "linear"), ("G", "0", "linear"),
    ]  # fmt: skip
    assert [n.shape for n in trace.nodes if n.call == "leaky_relu"] == [(3, 5)]


def test_a_scalar_game_gives_each_operation_to_the_player_it_uses():
    theta, psi = (torch.tensor(n, requires_grad=True) for n in (0.5, 2.0))
    with watch(theta=[theta], psi=psi) as seen:
        loss = F.softplus(psi * (theta + 1))
    trace = seen.trace(loss)
    assert trace.reached == {"theta": ("theta[0]",), "psi": ("psi",)}
    owner = {n.call: n.network for n in trace.nodes if n.kind == "operation"}
    assert owner == {"softplus": None, "mul": "psi", "add": "theta"}
    assert trace.flows_through("psi") and not trace.flows_through("theta")
    assert trace.called == {"theta", "psi"}


def test_a_network_that_runs_unseen_under_vmap_is_still_passed_through(pair):
    D, x_fake = pair["D"], pair["G"](pair["z"])
    with watch(**pair) as seen:
        x_fake = pair["G"](pair["z"])
        loss = torch.func.vmap(D)(x_fake).mean()
    trace = seen.trace(loss)
    assert trace.reached == {"G": ALL, "D": ALL} and trace.flows_through("D")


def test_a_tensor_that_a_player_lists_twice_counts_once():
    theta = torch.ones(2, requires_grad=True)
    with watch(theta=[theta, theta]) as seen:
        trace = seen.trace(theta.sum())
    assert trace.networks == trace.reached == {"theta": ("theta[0]",)}


def test_saved_bytes_are_those_counted_by_hand(pair):
    trace = score_of_fake(pair)
    # D.2 and D.0 keep their input, D.1 its own, G.2 its input and G.1 its result (the
    # same memory), G.0 its z: floats of 4 bytes, batch 3, hidden 5, points 2.
    hidden, points = 3 * 5 * 4, 3 * 2 * 4
    assert trace.saved_bytes == hidden + points + hidden + hidden + points
    weights = [s for n in trace.nodes for s in n.saved if s.parameter]
    assert sorted(s.nbytes for s in weights) == [5 * 4, 2 * 5 * 4, 2 * 5 * 4]
    assert trace.second_backward() == (
        f"a second backward needs {3 * hidden + 2 * points} bytes kept from the first "
        "(retain_graph=True)"
    )


def test_a_saved_slice_keeps_the_whole_block():
    theta = torch.tensor([1.0], requires_grad=True)
    many = torch.zeros(1000)
    with watch(theta=theta) as seen:
        loss = (many[:1] * theta).sum()
    (kept,) = (s for n in seen.trace(loss).nodes for s in n.saved if not s.parameter)
    assert (kept.nbytes, kept.block) == (4, 4000)
    assert seen.trace(loss).saved_bytes == 4000


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_a_sparse_tensor_is_kept_by_its_indices_and_values():
    theta, value = torch.ones(3, 2, requires_grad=True), torch.ones(3)
    safe = {"check_invariants": True}
    at, ends = torch.arange(3), torch.arange(4)  # 3 and 4 indices of 8 bytes
    for graph, kept in (
        (torch.sparse_coo_tensor(torch.stack([at, at]), value, **safe), [12, 48]),
        (torch.sparse_csr_tensor(ends, at, value, **safe), [12, 24, 32]),
    ):
        with watch(theta=theta) as seen:
            loss = (graph @ theta).sum()
        trace = seen.trace(loss)
        assert sorted(s.nbytes for n in trace.nodes for s in n.saved) == kept
        assert trace.saved_bytes == sum(kept)


def test_a_freed_graph_says_what_is_freed(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["x_real"]).mean()
    assert seen.trace(loss).freed == ()
    loss.backward()
    trace = seen.trace(loss)
    freed = [(n.op, n.layer) for n in trace.freed]
    assert freed == [
        ("AddmmBackward0", "2"), ("LeakyReluBackward0", "1"), ("AddmmBackward0", "0")
    ]  # fmt: skip
    assert trace.saved_bytes == 0
    assert trace.second_backward() == (
        "a second backward raises: freed are AddmmBackward0 (D.2), LeakyReluBackward0 "
        "(D.1), AddmmBackward0 (D.0); keep them with retain_graph=True, or run the "
        "forward again"
    )
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_a_kept_graph_is_not_freed(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["x_real"]).mean()
    before = seen.trace(loss)
    loss.backward(retain_graph=True)
    assert seen.trace(loss) == before


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(x, factor)
        return x**3 * factor

    @staticmethod
    def backward(ctx, slope):
        x, factor = ctx.saved_tensors
        return slope * 3 * x**2 * factor, None


def test_a_custom_function_is_a_node_of_its_own_with_what_it_saves():
    theta, psi = (torch.tensor([n], requires_grad=True) for n in (2.0, 3.0))
    with watch(theta=theta, psi=psi) as seen:
        loss = Cube.apply(theta + 0, psi.detach()).sum()
    trace = seen.trace(loss)
    (cube,) = (n for n in trace.nodes if n.op == "CubeBackward")
    assert cube.call == "Cube" and [s.nbytes for s in cube.saved] == [4, 4]
    assert trace.reached == {"theta": ("theta",), "psi": ()}
    assert [(e.start, e.cut) for e in trace.cuts] == [(cube.id, "detach")]
    loss.backward()
    assert [n.op for n in seen.trace(loss).freed] == ["CubeBackward"]


def test_looking_at_a_checkpoint_does_not_run_it_again(pair):
    runs = []
    pair["D"].register_forward_pre_hook(lambda *_: runs.append(1))
    with watch(**pair) as seen:
        loss = checkpoint(pair["D"], pair["x_real"], use_reentrant=False).mean()
    trace = seen.trace(loss)
    assert trace.reached["D"] == ALL and len(runs) == 1
    assert trace.saved_bytes == 0
    loss.backward()
    assert len(runs) == 2


def test_a_penalty_shows_which_operation_each_derivative_is_of(pair):
    x_hat = pair["x_real"].requires_grad_(True)
    with watch(D=pair["D"], other=torch.zeros(1)) as seen:
        loss = penalty(pair["D"], x_hat)
    trace = seen.trace(loss)
    twice = {(n.call, n.network, n.layer) for n in trace.nodes if "deriv" in n.call}
    assert twice == {
        ("derivative of linear", "D", "0"),
        ("derivative of leaky_relu", "D", "1"),
        ("derivative of linear", "D", "2"),
    }
    # The bias of the last layer moves the score and not its slope.
    assert trace.reached["D"] == ("0.weight", "0.bias", "2.weight")


def test_a_penalty_without_create_graph_says_why_it_trains_nobody(pair):
    x_hat = pair["x_real"].requires_grad_(True)
    D = pair["D"]
    with watch(D=D) as seen:
        loss = D(x_hat).mean() + penalty(D, x_hat, create_graph=False)
    trace = seen.trace(loss)
    assert [edge.cut for edge in trace.cuts] == ["create_graph=False"]
    with pytest.raises(ValueError, match="has no history, cut by create_graph=False"):
        with watch(D=D) as seen:
            loss = penalty(D, x_hat, create_graph=False)
        seen.trace(loss)


def test_a_penalty_of_a_frozen_critic_is_cut_at_its_weights(pair):
    x_hat = pair["x_real"].requires_grad_(True)
    D = pair["D"].requires_grad_(False)
    with watch(D=D) as seen:
        loss = penalty(D, x_hat)
    trace = seen.trace(loss)
    assert trace.reached["D"] == ()
    assert trace.why_not("D") == ("frozen parameter",)


def test_a_penalty_on_fakes_reaches_G_through_the_second_derivative(pair):
    G, D = pair["G"], pair["D"]
    D[1] = nn.Tanh()  # a leaky ReLU's second derivative is zero, and still a path
    with watch(**pair) as seen:
        loss = penalty(D, G(pair["z"]))
    trace = seen.trace(loss)
    slopes = torch.autograd.grad(loss, list(G.parameters()), allow_unused=True)
    assert [s is not None for s in slopes] == [True] * 4
    assert trace.reached["G"] == ALL and trace.flows_through("D")


@pytest.mark.cuda
def test_a_penalty_on_a_gpu_is_traced_as_on_the_cpu(pair):
    traces = []
    for device in ("cpu", "cuda"):
        D = pair["D"].to(device)
        x_hat = pair["x_real"].detach().to(device).requires_grad_()
        with watch(D=D) as seen:
            loss = penalty(D, x_hat)
        traces.append(seen.trace(loss))
    assert [n.label for n in traces[0].nodes] == [n.label for n in traces[1].nodes]
    assert traces[0].reached == traces[1].reached
