"""What the trace says of the cuts that a GAN's loop is made of."""

import gc
import weakref

import pytest
import torch
from bench_trace import measure
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from ganflow.nets import mlp_critic, mlp_generator
from ganflow.trace.from_torch import watch

ALL = ("0.weight", "0.bias", "2.weight", "2.bias")


def seeded(number):
    return torch.Generator().manual_seed(number)


@pytest.fixture
def pair():
    """G and D with one hidden layer of 5, and a batch of 3 for each."""
    return {
        "G": mlp_generator(2, 5, 1, 2, generator=seeded(0)),
        "D": mlp_critic(2, 5, 1, generator=seeded(1)),
        "x_real": torch.randn(3, 2, generator=seeded(2)),
        "z": torch.randn(3, 2, generator=seeded(3)),
    }


def score_of_fake(pair, cut=lambda G, z: G(z)):
    """Watch D score a fake that `cut` made; the trace of the mean score."""
    with watch(**pair) as seen:
        loss = pair["D"](cut(pair["G"], pair["z"])).mean()
    return seen.trace(loss)


def under(context):
    def cut(G, z):
        with context():
            return G(z)

    return cut


CUTS = {
    "detach": lambda G, z: G(z).detach(),
    ".data": lambda G, z: G(z).data,
    "detach_": lambda G, z: G(z).detach_(),
    "no_grad": under(torch.no_grad),
    "inference_mode": lambda G, z: under(torch.inference_mode)(G, z).clone(),
    "not differentiable": lambda G, z: (G(z) > 0).float(),
}


@pytest.mark.parametrize("reason", CUTS)
def test_a_cut_fake_trains_D_and_names_what_keeps_it_from_G(pair, reason):
    trace = score_of_fake(pair, CUTS[reason])
    assert trace.reached == {"G": (), "D": ALL}
    assert [edge.cut for edge in trace.cuts] == [reason]
    assert trace.why_not("G") == (reason,)
    assert not trace.flows_through("D")
    hidden = {(n.network, n.name) for n in trace.nodes if n.name and not n.live}
    assert hidden == {("G", name) for name in ALL} | {(None, "z")}


def test_an_uncut_fake_trains_both_and_passes_through_D(pair):
    trace = score_of_fake(pair)
    assert trace.reached == {"G": ALL, "D": ALL}
    assert trace.cuts == ()
    assert trace.flows_through("D") and trace.accumulates_into("D")
    assert not trace.flows_through("G")


def test_a_frozen_critic_is_passed_through_and_not_accumulated_into(pair):
    pair["D"].requires_grad_(False)
    trace = score_of_fake(pair)
    assert trace.reached == {"G": ALL, "D": ()}
    assert trace.flows_through("D") and not trace.accumulates_into("D")
    assert trace.why_not("D") == ("frozen parameter",)
    ends = [trace.by_id[edge.end] for edge in trace.cuts]
    assert [(n.network, n.name) for n in ends] == [
        ("D", "2.weight"), ("D", "2.bias"), ("D", "0.weight"), ("D", "0.bias")
    ]  # fmt: skip


def test_a_critic_frozen_after_its_forward_pass_takes_nothing_either(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["G"](pair["z"])).mean()
    pair["D"].requires_grad_(False)
    trace = seen.trace(loss)
    assert trace.reached == {"G": ALL, "D": ()}
    assert trace.why_not("D") == ("frozen parameter",)
    loss.backward()
    assert [p.grad for p in pair["D"].parameters()] == [None] * 4


def test_a_critic_of_which_one_layer_is_frozen_is_reached_in_part(pair):
    pair["D"][2].requires_grad_(False)
    trace = score_of_fake(pair)
    assert trace.reached["D"] == ("0.weight", "0.bias")
    assert trace.why_not("D") == ("frozen parameter",)


def test_detaching_the_score_leaves_nothing_to_trace(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["G"](pair["z"])).detach().mean()
    with pytest.raises(ValueError) as refused:
        seen.trace(loss)
    assert str(refused.value) == (
        "this tensor of shape () has no history, cut by detach: trace a tensor that "
        "backward() can start from"
    )


def test_a_write_through_a_data_alias_is_a_cut_and_not_a_gap(pair):
    buffer = torch.zeros(3, 2)
    with watch(**pair) as seen:
        buffer.data.copy_(pair["G"](pair["z"]))
        loss = pair["D"](buffer).mean()
    trace = seen.trace(loss)
    assert trace.reached["G"] == ()
    assert trace.why_not("G") == (".data",)


def test_a_write_through_a_detached_alias_changes_what_the_original_came_from():
    theta, psi = (torch.tensor([n], requires_grad=True) for n in (2.0, 3.0))
    with watch(theta=theta, psi=psi) as seen:
        x_fake = theta * 1.0
        x_fake.detach().mul_(psi)
        loss = x_fake.sum()
    trace = seen.trace(loss)
    assert loss.item() == 6.0  # the value depends on psi
    assert trace.reached == {"theta": ("theta",), "psi": ()}  # its derivative does not
    assert trace.why_not("psi") == ("detach",)


def test_a_write_under_no_grad_changes_what_the_original_came_from():
    theta, psi = (torch.tensor([n], requires_grad=True) for n in (2.0, 3.0))
    with watch(theta=theta, psi=psi) as seen:
        x_fake = theta * 1.0
        with torch.no_grad():
            x_fake.mul_(psi)
        loss = x_fake.sum()
    assert seen.trace(loss).why_not("psi") == ("no_grad",)


def test_an_optimizer_step_is_no_history_of_the_weight(pair):
    D = pair["D"]
    step = torch.optim.Adam(D.parameters(), lr=0.1)
    with watch(**pair) as seen:
        for _ in range(2):
            step.zero_grad()
            loss = D(pair["x_real"]).mean()
            loss.backward()
            step.step()
            with torch.no_grad():
                for weight in D.parameters():
                    weight.clamp_(-0.1, 0.1)
                    weight.data.mul_(0.9)
        loss = D(pair["x_real"]).mean()
    trace = seen.trace(loss)
    assert trace.cuts == ()
    # mean, 2 addmm, 2 t, leaky_relu, 4 weights and the input: one forward pass.
    assert len(trace.nodes) == 11


def test_a_view_made_under_no_grad_claims_a_gradient_and_has_none(pair):
    def cut(G, z):
        x_fake = G(z)
        with torch.no_grad():
            view = x_fake.view(3, 2)
        assert view.requires_grad and view.grad_fn is None  # torch's own surprise
        return view

    trace = score_of_fake(pair, cut)
    assert trace.reached["G"] == () and trace.why_not("G") == ("no_grad",)


def test_a_leaf_made_of_a_cut_fake_shows_the_cut_behind_it(pair):
    with watch(**pair) as seen:
        x_hat = pair["G"](pair["z"]).detach().requires_grad_()
        loss = pair["D"](x_hat).mean()
    trace = seen.trace(loss)
    (edge,) = trace.cuts
    assert edge.cut == "detach"
    assert trace.by_id[edge.start].kind == "input" and trace.by_id[edge.start].live
    assert (trace.by_id[edge.end].network, trace.by_id[edge.end].layer) == ("G", "2")
    assert trace.flows_through("D")  # into x_hat, which is not D's


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


def penalty(D, x, *, create_graph=True):
    """Mean squared distance of D's slope at `x` from 1."""
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=create_graph)
    return ((slope.norm(dim=1) - 1) ** 2).mean()


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


def step_of_both(pair):
    """A critic's loss, its penalty, its backward, G's loss, with noise; all results."""
    G, D = pair["G"], pair["D"]
    x_fake = G(torch.randn(3, 2)).detach()
    x_hat = (x_fake + torch.rand(3, 1) * (pair["x_real"] - x_fake)).requires_grad_()
    loss_D = D(x_fake).mean() - D(pair["x_real"]).mean() + penalty(D, x_hat)
    loss_D.backward()
    loss_G = -D(F.dropout(G(pair["z"]), 0.3)).mean()
    loss_G.backward()
    return [loss_D, loss_G, *(p.grad for m in (G, D) for p in m.parameters())]


def test_watching_changes_no_number_no_grad_and_no_random_draw(pair):
    results, states = [], []
    for is_watched in (False, True):
        pair["G"].zero_grad(), pair["D"].zero_grad()
        torch.manual_seed(0)
        if is_watched:
            with watch(**pair) as seen:
                results.append(step_of_both(pair))
                for loss in results[-1][:2]:
                    seen.trace(loss)
        else:
            results.append(step_of_both(pair))
        states.append(torch.get_rng_state())
    assert torch.equal(*states)
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    assert all(p.requires_grad for p in pair["G"].parameters())
    assert not pair["z"].requires_grad


def test_a_watch_keeps_no_tensor_and_no_graph_alive(pair):
    class Token:
        """Lives as long as the autograd node that it is put in."""

    with watch(**pair) as seen:
        x_fake = pair["G"](pair["z"])
        loss = pair["D"](x_fake.detach()).mean() + penalty(pair["D"], x_fake)
        token = loss.grad_fn.metadata["token"] = Token()
        alive = [weakref.ref(t) for t in (x_fake, loss, token)]
        trace = seen.trace(loss)
        del x_fake, loss, token
        gc.collect()
        assert [ref() for ref in alive] == [None, None, None]
    assert trace.nodes and seen


def test_the_watch_ends_with_its_block_also_when_the_block_raises(pair):
    hooks = nn.modules.module
    before = dict(hooks._global_forward_pre_hooks), dict(hooks._global_forward_hooks)

    class Broken(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), watch(**pair, broken=Broken()) as seen:
        inside = pair["G"](pair["z"])
        nn.Sequential(Broken())(inside)
    assert torch.overrides._get_current_function_mode_stack() == []
    after = dict(hooks._global_forward_pre_hooks), dict(hooks._global_forward_hooks)
    assert before == after
    assert seen.trace(inside).reached["G"] == ALL


def test_a_module_that_fails_and_is_caught_does_not_lend_its_name(pair):
    class Broken(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with watch(**pair, broken=Broken()) as seen:
        with pytest.raises(ZeroDivisionError):
            Broken()(pair["z"])
        loss = (pair["G"](pair["z"]) * 2).sum()
    assert seen.trace(loss).nodes[0].network is None


def test_two_watches_may_nest_and_each_knows_its_own(pair):
    with watch(G=pair["G"]) as outer:
        x_fake = pair["G"](pair["z"])
        with watch(D=pair["D"]) as inner:
            loss = pair["D"](x_fake).mean()
    assert outer.trace(loss).reached == {"G": ALL}
    trace = inner.trace(loss)
    assert trace.reached == {"D": ALL}
    before = [n for n in trace.nodes if n.op == "ReluBackward0"]
    assert [(n.network, n.call) for n in before] == [(None, "")]


def test_what_was_made_before_the_watch_still_counts_as_history(pair):
    x_fake = pair["G"](pair["z"])
    with watch(**pair) as seen:
        loss = pair["D"](x_fake).mean()
        cut = pair["D"](x_fake.detach()).mean()
    assert seen.trace(loss).reached["G"] == ALL
    (edge,) = seen.trace(cut).cuts
    assert seen.trace(cut).by_id[edge.end].label == "made before the watch"


def message(kind, run):
    with pytest.raises(kind) as refused:
        run()
    return str(refused.value)


def test_each_wrong_root_gets_one_clear_sentence(pair):
    old = pair["D"](pair["x_real"]).mean()
    with watch(**pair) as seen:
        used = pair["D"](pair["x_real"]).mean() + old
    assert seen.trace(used)
    assert message(TypeError, lambda: seen.trace(3.0)) == (
        "a trace starts at a tensor, and this is of type float: pass the loss itself, "
        "not loss.item() or its name"
    )
    assert message(ValueError, lambda: seen.trace(old)) == (
        "this tensor of shape () was made before the watch began: compute it inside "
        "`with watch(...)`"
    )
    assert message(ValueError, lambda: seen.trace(torch.ones(2))) == (
        "this tensor of shape (2,) has no history, since nothing it was made from "
        "needs a gradient: make it inside `with watch(...)` from something with "
        "requires_grad=True"
    )
    assert message(ValueError, lambda: seen.trace(pair["D"][0].bias)) == (
        "this tensor of shape (5,) is a leaf, where a history begins: trace what is "
        "made from it"
    )


def test_each_wrong_question_gets_one_clear_sentence(pair):
    with watch(**pair) as seen:
        loss = pair["D"](pair["x_real"]).mean()
    trace = seen.trace(loss)
    assert message(ValueError, lambda: trace.flows_through("G")) == (
        "G was never called while the watch was on: run its forward pass inside `with "
        "watch(...)`"
    )
    assert message(ValueError, lambda: trace.why_not("critic")) == (
        "no network named 'critic' was watched; known: G, D"
    )


def test_each_wrong_name_gets_one_clear_sentence(pair):
    G, D = pair["G"], pair["D"]
    D[2].weight = nn.Parameter(torch.zeros(1, 5))
    tied = nn.Sequential(D[2])
    assert message(ValueError, lambda: watch(D=D, tied=tied)) == (
        "D and tied share the parameter 2.weight of shape (1, 5), so no one can say "
        "whose derivative it is: watch them as one network, or give each its own"
    )
    assert message(ValueError, lambda: watch()) == (
        "nothing to watch: name it, as in watch(G=G, D=D, z=z)"
    )
    assert message(TypeError, lambda: watch(G=G, steps=5)) == (
        "steps is of type int: watch takes networks (nn.Module), tensors, and lists of "
        "tensors"
    )
    assert message(ValueError, lambda: watch(theta=[])) == (
        "theta is an empty list: give the tensors that it learns"
    )
    assert message(ValueError, lambda: watch(x_fake=G(pair["z"]))) == (
        "x_fake has a history already, made before the watch began: make it inside "
        "`with watch(...)`, and name the tensors it is made from"
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
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


def test_watching_a_64_pixel_pair_with_a_penalty_costs_less_than_its_forward_pass():
    assert measure(batch=4, width=64, rounds=5).ratio < 2
