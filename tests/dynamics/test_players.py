"""What players are asked: batches, derivatives, several runs, and clear refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from ganflow.data import ring
from ganflow.dynamics import GradientDescent, Networks, Scalars, play
from ganflow.games import dirac
from ganflow.nets import mlp_critic, mlp_generator
from ganflow.schedule import ALTERNATING

N = 5


def nets(width=8, **sizes):
    rng = torch.Generator().manual_seed(1)
    return mlp_generator(width=width, generator=rng, **sizes), mlp_critic(
        width=width, generator=rng
    )


def networks(**options):
    G, D = nets()
    return Networks(G, D, ring(), **options)


class Fixed:
    """Data that return what they are told to."""

    def __init__(self, points):
        self.points = points

    def sample(self, n, rng):
        return self.points[:n]


# Batches ------------------------------------------------------------------------------


def test_a_batch_depends_on_seed_player_and_move_only():
    first, again = (networks(seed=3).draw("D", 7, N) for _ in range(2))
    assert torch.equal(first.x_real, again.x_real) and torch.equal(first.z, again.z)
    others = [
        networks(seed=4).draw("D", 7, N),
        networks(seed=3).draw("G", 7, N),
        networks(seed=3).draw("D", 8, N),
        networks(seed=3).draw("D", -1, N),
    ]
    for other in others:
        for part in ("x_real", "z", "mix"):
            assert not torch.isclose(getattr(first, part), getattr(other, part)).any()


def test_batches_have_the_distributions_they_claim():
    batch = networks().draw("D", 0, 20_000)
    assert batch.x_real.shape == (20_000, 2) and batch.mix.shape == (20_000, 1)
    moments = batch.z.mean(0), batch.z.std(0), batch.mix.mean(), batch.mix.var()
    for found, wanted in zip(moments, (0, 1, 1 / 2, 1 / 12), strict=True):
        assert (found - wanted).abs().max() < 0.03
    assert batch.mix.min() >= 0 and batch.mix.max() <= 1
    np.testing.assert_allclose(batch.x_real.norm(dim=1).mean(), 2, rtol=0, atol=0.01)


def test_runs_of_several_seeds_and_moves_read_what_each_reads_alone():
    seeds, moves = np.array([5, 0, 5, 5]), np.array([2, 2, 2, 0])
    together = networks(seed=seeds).draw("D", moves, N)
    for k, (seed, move) in enumerate(zip(seeds, moves, strict=True)):
        alone = networks(seed=int(seed)).draw("D", int(move), N)
        for part in ("x_real", "z", "mix"):
            assert torch.equal(getattr(together, part)[k], getattr(alone, part))


def test_a_batch_has_the_critics_dtype_unless_told():
    assert networks().draw("D", 0, N).z.dtype == torch.float32
    like = torch.zeros((), dtype=torch.float64)
    assert networks().draw("D", 0, N, like=like).z.dtype == torch.float64


def test_data_that_cannot_be_written_to_can_be_played():
    points = ring().sample(300, np.random.default_rng(0))
    points.setflags(write=False)
    G, D = nets()
    run = play(
        Networks(G, D, Fixed(points)), ALTERNATING, rule=GradientDescent(0.1), ticks=1
    )
    assert run.diverged is None


def test_running_averages_stay_as_they_were():
    G, D = nets()
    G = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    before = {name: held.clone() for name, held in G.named_buffers()}
    play(Networks(G, D, ring()), ALTERNATING, rule=GradientDescent(0.1), ticks=2)
    for name, held in G.named_buffers():
        assert torch.equal(held, before[name])


# Derivatives --------------------------------------------------------------------------


def test_a_derivative_is_cut_at_the_opponent_unless_the_graph_is_kept():
    players = networks(penalty="R2", strength=1.0)
    values = {
        player: tuple(p.requires_grad_() for p in params)
        for player, params in players.start().items()
    }
    batch = players.draw("D", 0, N)
    loss = players.loss_D(batch, values)
    cut = torch.autograd.grad(loss, values["G"], allow_unused=True)
    assert all(g is None for g in cut)
    kept = players.loss_D(batch, values, graph=True)
    assert any(g.any() for g in torch.autograd.grad(kept, values["G"]))
    assert not any(g.requires_grad for g in players.gradient("D", values, 0))
    assert all(g.requires_grad for g in players.gradient("D", values, 0, graph=True))


def test_runs_may_have_penalties_and_bounds_of_their_own():
    strength = torch.tensor([0.1, 1.0, 3.0])
    for penalty in ("R1", "WGAN-GP", "clipping"):
        many = networks(penalty=penalty, strength=strength, seed=np.zeros(3, int))
        together = many.gradient("D", many.start(), np.zeros(3, int))
        bounded = many.project("D", many.start()["D"])
        for k, one in enumerate(strength.tolist()):
            alone = networks(penalty=penalty, strength=one)
            grads = alone.gradient("D", alone.start(), 0)
            for a, b in zip(together, grads, strict=True):
                torch.testing.assert_close(a[k], b, rtol=1e-4, atol=1e-6)
            for a, b in zip(
                bounded, alone.project("D", alone.start()["D"]), strict=True
            ):
                assert torch.equal(a[k], b)


def test_a_game_starts_as_many_runs_as_its_numbers_have():
    start = Scalars(dirac(penalty="R1", strength=np.array([0.0, 1.0])), 2.0).start()
    assert [start[player][0].tolist() for player in "GD"] == [[2.0, 2.0], [1.0, 1.0]]


# Refusals -----------------------------------------------------------------------------


def build(**changes):
    G, D = nets()
    given = {"G": G, "D": D, "data": ring()} | changes
    return Networks(given.pop("G"), given.pop("D"), given.pop("data"), **given)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"loss": "hing"}, ValueError, "loss is 'hing'; expected one of .*hinge"),
        ({"penalty": "consensus"}, ValueError, "penalty is 'consensus'; expected one"),
        ({"seed": -1}, ValueError, "seed is -1; expected a whole number, at least 0"),
        ({"seed": np.array([0, -2])}, ValueError, "seed is -2; expected a whole"),
        ({"seed": np.array([0, 0.5])}, ValueError, "seed is 0.0; expected a whole"),
        ({"seed": 0.5}, ValueError, "seed is 0.5; expected a whole number, at least 0"),
        ({"batch": 0}, ValueError, "batch is 0; expected a whole number, at least 1"),
        ({"shown": 2.5}, ValueError, "shown is 2.5; expected a whole number, at lea"),
        ({"data": [1, 2]}, TypeError, r"data is of type list; .* sample\(n, rng\)"),
        (
            {"data": Fixed(np.ones((9, 3)))},
            ValueError,
            r"G makes shape \(2, 2\) and .*3",
        ),
        ({"data": Fixed(np.ones(9))}, ValueError, r"data.sample \(2,\)"),
        ({"latent": 3}, ValueError, r"G does not take noise .*shape \(2, 3\)"),
        ({"D": nn.Linear(3, 1)}, ValueError, "D does not take points of the data"),
        ({"D": nn.Linear(2, 2)}, ValueError, r"scores 2 points as shape \(2, 2\)"),
        ({"D": nn.ReLU()}, ValueError, "D has no parameters"),
        ({"D": nets()[1].double()}, ValueError, "one dtype .*float32.*float64"),
        ({"D": nets()[1].to("meta")}, ValueError, "on one device, got .*cpu.*meta"),
    ],
    ids=lambda x: str(x)[:30] if isinstance(x, dict) else "",
)
def test_players_that_do_not_fit_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        build(**changes)


def test_the_refused_shape_keeps_what_torch_said():
    with pytest.raises(ValueError) as caught:
        build(latent=3)
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("player", ["G", "D"])
def test_a_loss_is_cut_at_the_others_part_unless_a_graph_is_asked_for(player):
    """G's at the real scores, which a relativistic loss reads; D's at the fakes."""
    players = networks(loss="relativistic", seed=1)
    values = {
        name: tuple(p.requires_grad_() for p in own)
        for name, own in players.start().items()
    }
    find = players.loss_G if player == "G" else players.loss_D
    batch = players.draw("D", 0, N)

    def slopes(**asked):
        other = values["D" if player == "G" else "G"]
        return torch.autograd.grad(
            find(batch, values, **asked), other, allow_unused=True
        )

    alone, cut, whole = slopes(), slopes(graph=False), slopes(graph=True)
    for one, same, another in zip(alone, cut, whole, strict=True):
        assert one is same is None or torch.equal(one, same)
        if another.any():  # a score's own bias cancels in what both scores differ by
            assert one is None or not torch.allclose(one, another)
