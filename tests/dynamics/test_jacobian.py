"""A tick as a map: its Jacobian against finite differences of the tick itself."""

import numpy as np
import pytest
import torch
from torch import nn

from ganflow.data import ring
from ganflow.dynamics import (
    RULES,
    Adam,
    GradientDescent,
    Momentum,
    Networks,
    Optimistic,
    Scalars,
    eigenvalues,
    tick_jacobian,
)
from ganflow.dynamics.jacobian import _filled, _tensors
from ganflow.dynamics.loop import State, begin, both, take
from ganflow.games import PENALTIES, bilinear, dirac
from ganflow.losses import LOSSES
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, Schedule, critic_steps

SCHEDULES = [SIMULTANEOUS, ALTERNATING, critic_steps(3), Schedule.from_text("G DG D")]
NAMES = {"ids": lambda s: getattr(s, "name", s)}


def tiny(penalty="none", dtype=torch.float64, **options):
    """Two smooth networks of 18 numbers in all."""
    with torch.random.fork_rng():
        torch.manual_seed(4)
        G = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 2)).to(dtype)
        D = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1, bias=False))
    options = {"batch": 6, "shown": 6, "latent": 1, "strength": 0.3} | options
    return Networks(G, D.to(dtype), ring(), penalty=penalty, **options)


def finite_differences(players, schedule, rule, e=1e-5):
    """The same derivative from whole ticks, each from a slightly other beginning."""
    rules = both(rule)
    begun = begin(players, rules)
    start = _tensors(begun)
    shapes = [t.shape for t in start]
    flat = torch.cat([t.reshape(-1) for t in start]).detach()

    def tick(x):
        parts = x.split([shape.numel() for shape in shapes])
        state: State = _filled(begun, list(parts))
        for turn in schedule.turns:
            state = take(turn, players, rules, state)
        return torch.cat([t.reshape(-1) for t in _tensors(state)]).detach()

    columns = [(tick(flat + e * u) - tick(flat - e * u)) / (2 * e) for u in _axes(flat)]
    return torch.stack(columns, dim=1).numpy()


def _axes(flat):
    return torch.eye(len(flat), dtype=flat.dtype)


@pytest.mark.parametrize("schedule", SCHEDULES, **NAMES)
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_tick_of_a_game_is_its_finite_difference_under_every_rule(rule, schedule):
    players = Scalars(dirac("non-saturating", "R1", strength=0.3), 0.8, -0.6)
    rule = rule(0.1)
    found = tick_jacobian(players, schedule, rule=rule)
    wanted = finite_differences(players, schedule, rule)
    if isinstance(rule, Adam):  # v starts at 0, and no root of a negative v exists
        of_v = [3, 5]
        assert np.isfinite(found[:, of_v]).all()
        found, wanted = (np.delete(j, of_v, axis=1) for j in (found, wanted))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_tick_of_a_game_is_its_finite_difference_under_every_penalty(penalty):
    game = dirac(penalty=penalty, strength=0.7, scale=1.3)
    players, rule = Scalars(game, 0.8, -0.6), GradientDescent(0.1)
    found = tick_jacobian(players, ALTERNATING, rule=rule)
    wanted = finite_differences(players, ALTERNATING, rule)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-8)


@pytest.mark.parametrize("schedule", SCHEDULES, **NAMES)
@pytest.mark.parametrize("penalty", ["none", "R1", "R2", "WGAN-GP", "clipping"])
def test_a_tick_of_networks_is_its_finite_difference(penalty, schedule):
    players, rule = tiny(penalty), GradientDescent(0.5)
    found = tick_jacobian(players, schedule, rule=rule)
    wanted = finite_differences(players, schedule, rule)
    assert found.shape == (18, 18)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    assert np.abs(found - np.eye(18)).max() > 1e-2  # so that it can fail


@pytest.mark.parametrize("schedule", SCHEDULES[:2], **NAMES)
@pytest.mark.parametrize("loss", LOSSES)
def test_a_tick_of_networks_is_its_finite_difference_for_every_loss(loss, schedule):
    players, rule = tiny(loss=loss), GradientDescent(0.5)
    found = tick_jacobian(players, schedule, rule=rule)
    wanted = finite_differences(players, schedule, rule)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    assert np.abs(found - np.eye(18)).max() > 1e-2  # so that it can fail


@pytest.mark.parametrize("rule", [Momentum(0.3, beta=-0.4), Optimistic(0.3)], ids=str)
def test_a_tick_of_networks_counts_the_rules_memory(rule):
    players = tiny("R1")
    found = tick_jacobian(players, ALTERNATING, rule=rule)
    assert found.shape == (36, 36)
    wanted = finite_differences(players, ALTERNATING, rule)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


def test_the_curvature_of_R1_is_seen_where_the_slope_is_0():
    """D(x) = w x at w = 0: R1 is strength/2 |w|^2, so a tick takes h strength w."""
    h, strength = 0.1, 2.0
    D = nn.Linear(2, 1, bias=False).double()
    with torch.no_grad():
        D.weight.zero_()
    players = Networks(
        nn.Linear(1, 2).double(), D, ring(), "Wasserstein", "R1", strength, latent=1
    )
    found = tick_jacobian(players, SIMULTANEOUS, rule=GradientDescent(h))
    np.testing.assert_allclose(
        found[4:, 4:], (1 - h * strength) * np.eye(2), rtol=0, atol=1e-12
    )


def test_float32_networks_are_differentiated_in_float64():
    exact = tick_jacobian(tiny("R1"), ALTERNATING, rule=GradientDescent(0.5))
    rounded = tiny("R1", torch.float32)
    found = tick_jacobian(rounded, ALTERNATING, rule=GradientDescent(0.5))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5)


def test_the_point_may_be_given():
    game, rule = dirac(), GradientDescent(0.1)
    at = {"G": (torch.tensor(0.3),), "D": (torch.tensor(-0.2),)}
    at = {player: (p.double(),) for player, (p,) in at.items()}
    there = tick_jacobian(Scalars(game, 9.0, 9.0), ALTERNATING, rule=rule, at=at)
    values = [p.item() for (p,) in at.values()]
    wanted = tick_jacobian(Scalars(game, *values), ALTERNATING, rule=rule)
    np.testing.assert_array_equal(there, wanted)
    assert not any(p.requires_grad for (p,) in at.values())


@pytest.mark.parametrize(
    "players", [Scalars(dirac(), 0.0, 0.0), Scalars(bilinear(), 0.0, 0.0)]
)
def test_adam_has_no_derivative_at_the_equilibrium(players):
    with pytest.raises(ValueError, match="no derivative here: .* entries are not fin"):
        tick_jacobian(players, SIMULTANEOUS, rule=Adam(0.1))


def test_eigenvalues_come_largest_first():
    found = eigenvalues(np.diag([0.1, -2.0, 1.0]))
    assert found.tolist() == [-2.0, 1.0, 0.1] and found.dtype == complex
    turn = eigenvalues(np.array([[0.0, -1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(turn, [1j, -1j], rtol=0, atol=1e-15)
