"""The flow table says what backward would deposit, and changes nothing by asking."""

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ganflow.trace.flow import flow, left_behind
from ganflow.trace.watch import watch


def pair(seed=0):
    """A generator, a critic, and the two losses of one training step."""
    torch.manual_seed(seed)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    z, x_real = torch.randn(2, 5, 2, dtype=torch.float64)
    x_fake = G(z)
    loss_D = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    loss_G = F.softplus(-D(x_fake)).mean()
    return {"G": G, "D": D}, {"loss_D": loss_D, "loss_G": loss_G}


def steps_of(players):
    """Each loss is followed by a step of the player in its name."""
    return {
        f"loss_{who}": torch.optim.SGD(net.parameters(), lr=0.1)
        for who, net in players.items()
    }


def deposited(loss, network):
    """The norm that `loss.backward()` leaves in the network's `.grad`."""
    for p in network.parameters():
        p.grad = None
    loss.backward(retain_graph=True)
    grads = [p.grad for p in network.parameters() if p.grad is not None]
    return torch.cat([g.flatten() for g in grads]).norm().item() if grads else None


def penalised():
    """A critic loss with a slope penalty: its graph holds a second derivative."""
    players, losses = pair()
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(players["D"](x).sum(), x, create_graph=True)
    return players, {
        "loss_D": losses["loss_D"] + (slope.norm(dim=1) - 1).square().mean()
    }


def test_each_cell_is_what_backward_would_deposit():
    players, losses = pair()
    table = flow(losses, players, steps_of(players))
    for loss in losses:
        for player, network in players.items():
            norm, expected = table[loss, player].norm, deposited(losses[loss], network)
            assert norm == (
                None if expected is None else pytest.approx(expected, 1e-12)
            )
    states = {where: cell.state for where, cell in table.cells.items()}
    assert states == {
        ("loss_D", "G"): "no path",
        ("loss_D", "D"): "stepped",
        ("loss_G", "G"): "stepped",
        ("loss_G", "D"): "left behind",
    }


def test_the_dirac_gan_has_a_closed_form():
    """loss_D = softplus(psi theta): its slope in psi is theta sigmoid(psi theta)."""
    theta = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    psi = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    losses = {
        "loss_psi": F.softplus(psi * theta),
        "loss_theta": F.softplus(-psi * theta),
    }
    steps = {"loss_psi": psi, "loss_theta": [theta]}  # hand-written, of these
    table = flow(losses, {"theta": theta, "psi": psi}, steps)
    sigmoid = 1 / (1 + math.exp(-1.0))
    assert table["loss_psi", "psi"].norm == pytest.approx(0.5 * sigmoid, rel=1e-12)
    assert table["loss_theta", "theta"].norm == pytest.approx(
        2 - 2 * sigmoid, rel=1e-12
    )
    assert table["loss_psi", "theta"].state == "left behind"
    assert table["loss_psi", "psi"].state == "stepped"


def test_a_penalty_reaches_the_weights_but_not_the_last_bias():
    """The slope of a critic does not depend on the constant it adds."""
    players, losses = penalised()
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(players["D"](x).sum(), x, create_graph=True)
    penalty = (slope.norm(dim=1) - 1).square().mean()
    table = flow(
        {"loss_D": losses["loss_D"], "penalty": penalty}, players, {"penalty": ()}
    )
    assert table["loss_D", "D"].norm == pytest.approx(
        deposited(losses["loss_D"], players["D"]), 1e-12
    )
    assert (table["penalty", "D"].reached, table["penalty", "D"].total) == (3, 4)
    assert table["penalty", "D"].words().endswith("left behind (3 of 4)")


@pytest.mark.parametrize("make", [pair, penalised])
def test_asking_changes_nothing(make):
    players, losses = make()
    losses["loss_D"].backward(retain_graph=True)
    parameters = [p for network in players.values() for p in network.parameters()]
    before = copy.deepcopy([(p.grad, p.requires_grad, p._version) for p in parameters])
    expected = torch.autograd.grad(
        losses["loss_D"], list(players["D"].parameters()), retain_graph=True
    )
    first, second = flow(losses, players), flow(losses, players)
    assert first == second
    after = [(p.grad, p.requires_grad, p._version) for p in parameters]
    for (grad, *rest), (old_grad, *old_rest) in zip(after, before, strict=True):
        assert rest == old_rest
        assert (grad is None) == (old_grad is None)
        assert grad is None or torch.equal(grad, old_grad)
    again = torch.autograd.grad(losses["loss_D"], list(players["D"].parameters()))
    assert all(map(torch.equal, again, expected))


def test_exactly_zero_is_not_cut():
    """A hinge beyond its margin sends zeros; Adam still moves the weights on them."""
    psi = torch.tensor(3.0, requires_grad=True)
    loss_D = torch.relu(1 - psi)
    words = ["exactly 0 arrives", "exactly 0, left behind", "exactly 0, stepped"]
    for stepped, steps in enumerate([None, {"loss_D": ()}, {"loss_D": psi}]):
        cell = flow({"loss_D": loss_D}, {"D": psi}, steps)["loss_D", "D"]
        assert (cell.norm, cell.state) == (0.0, "zero")
        assert cell.stepped == (None, 0, 1)[stepped]
        assert cell.words() == words[stepped]


def test_a_derivative_too_small_for_float32_squares_is_not_zero():
    psi = torch.full((2,), 1.0, requires_grad=True)
    table = flow({"loss_D": (psi * 1e-30).sum()}, {"D": psi})
    assert table["loss_D", "D"].norm == pytest.approx(math.sqrt(2) * 1e-30, rel=1e-6)


def test_a_frozen_player_receives_nothing_even_if_frozen_after_the_forward_pass():
    players, losses = pair()
    players["D"].requires_grad_(False)
    cell = flow(losses, players)["loss_G", "D"]
    assert (cell.norm, cell.why) == (None, "frozen parameter")
    assert deposited(losses["loss_G"], players["D"]) is None


def test_a_watch_names_what_cut_the_way():
    players, _ = pair()
    idle = nn.Linear(1, 1)
    z, x_real = torch.randn(2, 5, 2, dtype=torch.float64)
    with watch(**players, idle=idle) as seen:
        x_fake = players["G"](z)
        scores = players["D"](x_real), players["D"](x_fake.detach())
        loss_D = F.softplus(-scores[0]).mean() + F.softplus(scores[1]).mean()
        inside = flow({"loss_D": loss_D}, {**players, "idle": idle}, seen=seen)
    table = flow({"loss_D": loss_D}, {**players, "idle": idle}, seen=seen)
    assert table == inside
    assert table["loss_D", "G"].why == "detach"
    assert table["loss_D", "idle"].why == "no path: never called"
    assert table["loss_D", "idle"].words() == "no path: never called"
    assert "cut: detach" in str(table)
    unwatched = flow({"loss_D": loss_D}, players)["loss_D", "G"]
    assert (unwatched.why, unwatched.words()) == ("no path", "no path")


def test_where_nothing_was_ever_connected_there_is_no_cut():
    """G's loss on its own never meets D, frozen or not."""
    players, _ = pair()
    z, steps = torch.randn(5, 2, dtype=torch.float64), {"score": ()}
    for frozen in (False, True):
        players["D"].requires_grad_(not frozen)
        with watch(**players) as seen:
            x_fake = players["G"](z)
            score = players["D"](x_fake).mean()
            loss_G = x_fake.square().mean()
        table = flow({"loss_G": loss_G, "score": score}, players, steps, seen)
        assert table["loss_G", "D"].words() == "no path"
    assert table["score", "D"].words() == "cut: frozen parameter"


def test_a_loss_made_after_the_watch_is_said_to_be():
    players, _ = pair()
    z = torch.randn(5, 2, dtype=torch.float64)
    with watch(**players) as seen:
        x_fake = players["G"](z)
        score = players["D"](x_fake.detach())
        assert seen.saw(score.mean()) and seen.saw(score)
    late = players["D"](x_fake.detach()).mean()
    mixed, half = late + score.mean(), score.mean()
    assert not seen.saw(late) and not seen.saw(half)
    losses = {"late": late, "mixed": mixed, "half": half}
    table = flow(losses, players, dict.fromkeys(losses, ()), seen=seen)
    assert table["late", "G"].words() == "not seen: made outside the watch"
    assert table["mixed", "G"].why == table["half", "G"].why == "detach"


def test_a_loss_made_before_the_watch_is_refused():
    players, losses = pair()
    for loss in losses:
        with watch(**players) as seen:
            pass
        with pytest.raises(ValueError, match="before the watch began: compute it in"):
            flow({loss: losses[loss]}, players, seen=seen)


def test_a_loss_from_an_unseen_function_inside_the_watch_was_made_there():
    """Function.apply is hidden from the watch, and yet inside it."""

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

        @staticmethod
        def backward(ctx, slope):
            return 2 * slope

    players, _ = pair()
    with watch(**players) as seen:
        loss = Twice.apply(players["D"](torch.ones(1, 2, dtype=torch.float64)).mean())
    assert seen.saw(loss)
    cell = flow({"loss_D": loss}, players, seen=seen)["loss_D", "G"]
    assert cell.words() == "no path: never called"


def test_sparse_and_complex_derivatives_have_a_norm():
    table = nn.Embedding(4, 3, sparse=True)
    weight = torch.tensor([1 + 1j], requires_grad=True)
    losses = {"loss_E": table(torch.tensor([1, 1])).sum(), "loss_w": weight.abs().sum()}
    cells = flow(losses, {"E": table, "w": weight})
    assert cells["loss_E", "E"].norm == pytest.approx(math.sqrt(3 * 2**2))
    assert cells["loss_w", "w"].norm == pytest.approx(1.0)


def test_without_a_step_the_table_says_what_arrives_and_claims_none():
    players, losses = pair()
    for steps in (None, {}):
        table = flow(losses, players, steps)
        states = {where: cell.state for where, cell in table.cells.items()}
        assert states.pop(("loss_D", "G")) == "no path"
        assert set(states.values()) == {"arrives"}
        assert all(cell.stepped is None for cell in table.cells.values())
    part = flow(losses, players, {"loss_D": steps_of(players)["loss_D"]})
    assert part["loss_D", "D"].state == "stepped"
    assert part["loss_G", "G"].state == part["loss_G", "D"].state == "arrives"


def test_an_optimizer_is_believed_for_what_it_holds_not_for_its_name():
    """`opt_D = SGD(G.parameters())` does not move D, and the table says so."""
    players, losses = pair()
    opt_D = torch.optim.SGD(players["G"].parameters(), lr=0.1)
    table = flow(losses, players, {"loss_D": opt_D})
    assert table["loss_D", "D"].words().endswith(", left behind")
    assert table["loss_D", "D"].stepped == 0
    before = [p.clone() for p in players["D"].parameters()]
    losses["loss_D"].backward()
    opt_D.step()
    assert all(map(torch.equal, players["D"].parameters(), before))


def test_a_step_that_holds_a_part_moves_that_part():
    players, losses = pair()
    head = torch.optim.SGD(players["D"][2].parameters(), lr=0.1)
    cell = flow(losses, players, {"loss_D": head})["loss_D", "D"]
    assert (cell.state, cell.stepped) == ("partly stepped", 2)
    assert cell.words().endswith(", 2 stepped, 2 left behind")
    before = [p.clone() for p in players["D"].parameters()]
    losses["loss_D"].backward()
    head.step()
    moved = [
        not torch.equal(now, then)
        for now, then in zip(players["D"].parameters(), before, strict=True)
    ]
    assert moved == [False, False, True, True]


def test_a_weight_that_nothing_reaches_is_not_counted_as_stepped():
    """The optimizer holds the last bias, which a slope penalty does not reach."""
    players, _ = pair()
    x = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(players["D"](x).sum(), x, create_graph=True)
    penalty = {"penalty": slope.square().sum()}
    opt_D = torch.optim.SGD(players["D"].parameters(), lr=0.1)
    cell = flow(penalty, players, {"penalty": opt_D})["penalty", "D"]
    assert (cell.stepped, cell.reached, cell.total) == (3, 3, 4)
    assert cell.words().endswith(", stepped (3 of 4)")
    opt_D.param_groups[0]["params"].pop(0)
    cell = flow(penalty, players, {"penalty": opt_D})["penalty", "D"]
    assert cell.words().endswith(", 2 stepped, 1 left behind (3 of 4)")


def test_a_copy_of_a_weight_is_another_tensor():
    """As an optimizer that was made before the network was copied holds them."""
    players, losses = pair()
    opt_D = torch.optim.SGD(copy.deepcopy(players["D"]).parameters(), lr=0.1)
    table = flow(losses, players, {"loss_D": opt_D})
    assert table["loss_D", "D"].state == "left behind"
    views = (p.data for p in players["D"].parameters())
    table = flow(losses, players, {"loss_D": views})
    assert table["loss_D", "D"].state == "left behind"


class Wrapped:
    """An optimizer in a wrapper that lends its groups, as Lightning's does."""

    def __init__(self, optimizer):
        self.param_groups = optimizer.param_groups


def both(players):
    return [p for net in players.values() for p in net.parameters()]


MOVES_BOTH = {
    "one optimizer": lambda p: torch.optim.Adam(both(p)),
    "two optimizers": lambda p: list(steps_of(p).values()),
    "two groups": lambda p: torch.optim.SGD(
        [{"params": net.parameters(), "lr": 0.1} for net in p.values()]
    ),
    "a wrapper": lambda p: Wrapped(torch.optim.Adam(both(p))),
    "tensors": both,
    "a generator": lambda p: (tensor for tensor in both(p)),
    "an optimizer and tensors": lambda p: (
        torch.optim.SGD(p["G"].parameters(), lr=0.1),
        *p["D"].parameters(),
    ),
}


@pytest.mark.parametrize("kind", MOVES_BOTH)
def test_one_step_may_move_both_players(kind):
    players, losses = pair()
    table = flow(losses, players, dict.fromkeys(losses, MOVES_BOTH[kind](players)))
    states = {where: cell.state for where, cell in table.cells.items()}
    assert states.pop(("loss_D", "G")) == "no path"
    assert set(states.values()) == {"stepped"}


@pytest.mark.parametrize("none", [None, (), []])
def test_a_loss_may_be_followed_by_no_step(none):
    players, losses = pair()
    table = flow(losses, players, {"loss_D": none})
    assert table["loss_D", "D"].state == "left behind"


def test_players_may_be_given_as_generators_of_tensors():
    players, losses = pair()
    listed = {name: network.parameters() for name, network in players.items()}
    assert flow(losses, listed) == flow(losses, players)


def test_left_behind_reads_what_lies_in_grad():
    players, losses = pair()
    assert left_behind(players) == {"G": None, "D": None}
    losses["loss_G"].backward(retain_graph=True)
    lying = left_behind(players)
    table = flow(losses, players)
    assert lying["D"] == pytest.approx(table["loss_G", "D"].norm, rel=1e-12)
    players["D"].zero_grad(set_to_none=False)
    players["G"].zero_grad()
    assert left_behind(players) == {"G": None, "D": 0.0}


def test_a_layer_of_two_players_counts_for_both():
    """The shared layer's gradient is in both columns, and in both norms that lie."""
    torch.manual_seed(0)
    shared = nn.Linear(2, 2)
    G, D = nn.Sequential(shared, nn.Tanh()), nn.Sequential(shared, nn.Linear(2, 1))
    loss_G = -D(G(torch.randn(5, 2))).mean()
    players, losses = {"G": G, "D": D}, {"loss_G": loss_G}
    table = flow(losses, players)
    for player, network in players.items():
        assert table["loss_G", player].norm == pytest.approx(deposited(loss_G, network))
    loss_G.backward()
    lying = left_behind(players)
    assert lying["D"] > lying["G"] == pytest.approx(left_behind({"G": shared})["G"])


def test_a_player_may_be_several_networks_and_tensors():
    torch.manual_seed(0)
    G = [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.Tanh())]
    D, scale = nn.Linear(2, 1), torch.ones(1, requires_grad=True)
    z = torch.randn(5, 2)
    with watch(G=G, D=[D, scale], z=z) as seen:
        loss_G = -(scale * D(G[1](G[0](z)))).mean()
        loss_D = D(G[0](z).detach()).mean()
    losses, players = {"loss_G": loss_G, "loss_D": loss_D}, {"G": G, "D": [D, scale]}
    table = flow(losses, players, seen=seen)
    assert table["loss_G", "G"].reached == table["loss_G", "G"].total == 4
    assert (table["loss_G", "D"].reached, table["loss_D", "D"].reached) == (3, 2)
    assert table["loss_D", "G"].words() == "cut: detach"
    trace = seen.trace(loss_G)
    names = ("0.weight", "0.bias", "1.0.weight", "1.0.bias")
    assert trace.reached == {"G": names, "D": ("0.weight", "0.bias", "D[1]")}
    layers = {(n.network, n.layer) for n in trace.nodes if n.op.startswith("Addmm")}
    assert layers == {("G", "0"), ("G", "1.0"), ("D", "0")}
    loss_G.backward()
    grads = [p.grad for network in G for p in network.parameters()]
    norm = torch.cat([g.flatten() for g in grads]).norm()
    assert left_behind(players)["G"] == pytest.approx(norm.item())


class Swish(torch.autograd.Function):
    """A kernel's derivative, which has none of its own and says so."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x.sigmoid()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, slope):
        (x,) = ctx.saved_tensors
        s = x.sigmoid()
        return slope * (s * (1 + x * (1 - s)))


class Step(torch.autograd.Function):
    """A choice that hands on no derivative."""

    @staticmethod
    def forward(ctx, x):
        return (x > 0).to(x)

    @staticmethod
    def backward(ctx, slope):
        return None


def once_differentiable():
    D = nn.ModuleList([nn.Linear(2, 8), nn.Linear(8, 1)])
    points = torch.randn(16, 2, requires_grad=True)
    score = D[1](Swish.apply(D[0](points)))
    (slope,) = torch.autograd.grad(score.sum(), points, create_graph=True)
    return {"D": D}, (slope.norm(dim=1) - 1).square().mean()


def unlisted(spoil):
    def make():
        """A third network's graph hangs on G's loss, and nobody asks for it."""
        E = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2))
        D = nn.Linear(2, 1)
        x = torch.randn(4, 2)
        code = E(x)
        loss = -D(x + code).mean()
        spoil(E, code)
        return {"D": D}, loss

    return make


def step_of(E, code):
    with torch.no_grad():
        E[2].weight += 1.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (once_differentiable, "once_differentiable"),
        (unlisted(lambda E, code: code.sum().backward()), "a part of it that another"),
        (unlisted(step_of), "changed in place"),
    ],
)
def test_flow_raises_where_backward_would(make, words):
    torch.manual_seed(0)
    players, loss = make()
    with pytest.raises(RuntimeError, match=words):
        flow({"loss_D": loss}, players)
    with pytest.raises(RuntimeError):
        loss.backward()


def test_an_unlisted_network_that_is_whole_is_no_reason_to_raise():
    players, loss = unlisted(lambda E, code: None)()
    norm = flow({"loss_D": loss}, players)["loss_D", "D"].norm
    assert norm == pytest.approx(deposited(loss, players["D"]))


@pytest.mark.parametrize("watched", [False, True])
def test_a_function_that_hands_on_none_is_named_as_the_cut(watched):
    G, D = nn.Linear(2, 2), nn.Linear(2, 1)
    with watch(G=G, D=D) as seen:
        loss_G = -D(Step.apply(G(torch.randn(5, 2)) + 1)).mean()
    table = flow({"loss_G": loss_G}, {"G": G, "D": D}, seen=seen if watched else None)
    assert table["loss_G", "G"].words() == "cut: Step"
    assert table["loss_G", "D"].norm == pytest.approx(deposited(loss_G, D))
    assert deposited(loss_G, G) is None


def test_hooks_run_once_more_when_flow_asks():
    players, losses = pair()
    runs = []
    losses["loss_G"].register_hook(lambda slope: runs.append(1))
    flow({"loss_G": losses["loss_G"]}, players)
    assert len(runs) == 1
    losses["loss_G"].backward()
    assert len(runs) == 2


@pytest.mark.filterwarnings("ignore:Using `torch.compile.module.` when there are glob")
def test_a_compiled_network_that_donates_its_memory_gets_the_cure(monkeypatch):
    """Compiled for a walk that keeps nothing; the watch makes torch step aside."""
    torch.compiler.reset()  # code that ran first under a watch stays uncompiled
    monkeypatch.setenv("TORCHINDUCTOR_FORCE_DISABLE_CACHES", "1")
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh())
    D, z = nn.Linear(8, 1), torch.randn(16, 2)
    players, fast = {"G": G, "D": D}, torch.compile(G, backend="aot_eager")
    D(fast(z)).mean().backward()
    with pytest.raises(RuntimeError, match="memory .donated buffers.*with watch"):
        flow({"loss_G": -D(fast(z)).mean()}, players)
    with watch(**players) as seen:
        loss_G = -D(fast(z)).mean()
    table = flow({"loss_G": loss_G}, players, seen=seen)
    loss_G = -D(G(z)).mean()
    for player, network in players.items():
        assert table["loss_G", player].norm == pytest.approx(deposited(loss_G, network))


def freed(players, losses):
    losses["loss_D"].backward()


def stepped(players, losses):
    with torch.no_grad():
        for p in players["D"].parameters():
            p += 1.0


BAD = [
    (RuntimeError, "graph of loss_D is freed.*retain_graph", freed),
    (RuntimeError, "changed in place.*before the step", stepped),
    (
        ValueError,
        r"loss_D has shape \(3,\)",
        lambda p, _: ({"loss_D": torch.ones(3, requires_grad=True) * 2}, p),
    ),
    (ValueError, "no history", lambda p, _: ({"loss_D": torch.tensor(1.0)}, p)),
    (TypeError, "loss_D is a float", lambda p, _: ({"loss_D": 0.5}, p)),
    (
        TypeError,
        r"steps\['loss_D'\] holds the name 'D', which does not show what a step moves: "
        "pass the optimizer whose step follows loss_D, or the weights that a step of "
        r"your own moves, or \(\) where no step follows",
        lambda p, k: (k, p, {"loss_D": "D"}),
    ),
    (
        TypeError,
        "holds the name 'G'",
        lambda p, k: (k, p, {"loss_G": ("G", "D")}),
    ),
    (ValueError, "steps names 'loss_C'", lambda p, k: (k, p, {"loss_C": p["D"]})),
    (
        TypeError,
        "holds a Linear, which does not show.*pass the optimizer",
        lambda p, k: (k, p, {"loss_D": p["D"]}),
    ),
    (
        TypeError,
        "holds a Linear, which does not show.*pass the optimizer",
        lambda p, k: (k, p, {"loss_D": p["D"][0]}),
    ),
    (TypeError, "holds a float", lambda p, k: (k, p, {"loss_D": 0.1})),
    (TypeError, "holds a dict", lambda p, k: (k, p, {"loss_D": {"D": p["D"]}})),
    (
        ValueError,
        "is a list_iterator with nothing left in it: pass a list",
        lambda p, k: (k, p, {"loss_D": iter([])}),
    ),
    (TypeError, "G_loss is a float", lambda p, _: ({"G_loss": 0.5}, p)),
    (TypeError, "steps is of type str: pass a dict", lambda p, k: (k, p, "G")),
    *(
        (
            TypeError,
            f"seen is of type {type(seen).__name__}: pass the watch",
            lambda p, k, seen=seen: (k, p, None, seen),
        )
        for seen in ("x", 3, torch.ones(1), watch)
    ),
    (
        ValueError,
        "D has no parameters",
        lambda p, k: (k, {"G": p["G"], "D": nn.Tanh()}),
    ),
    (TypeError, "D is to be a network.*float", lambda p, k: (k, {**p, "D": 0.1})),
    (TypeError, "D is to be a network.*str", lambda p, k: (k, {**p, "D": ["w"]})),
    (ValueError, "no players", lambda p, k: (k, {})),
    (ValueError, "no losses", lambda p, k: ({}, p)),
    (TypeError, "losses is of type Tensor: pass a dict", lambda p, k: (k["loss_D"], p)),
    (TypeError, "players is of type Sequential", lambda p, k: (k, p["G"])),
    (
        ValueError,
        "D has a parameter without a shape",
        lambda p, k: (k, {"D": nn.LazyLinear(1)}),
    ),
]


@pytest.mark.parametrize("error, message, change", BAD, ids=[m for _, m, _ in BAD])
def test_a_mistake_gets_one_sentence_and_changes_nothing(error, message, change):
    players, losses = pair()
    arguments = change(players, losses) or (losses, players)
    parameters = [p for network in players.values() for p in network.parameters()]
    before = copy.deepcopy([(p.grad, p.requires_grad) for p in parameters])
    with pytest.raises(error, match=message):
        flow(*arguments)
    for p, (grad, requires_grad) in zip(parameters, before, strict=True):
        assert p.requires_grad == requires_grad
        assert (p.grad is None) == (grad is None)
        assert grad is None or torch.equal(p.grad, grad)
