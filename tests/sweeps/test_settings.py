"""A setting describes one run completely and refuses what no run can have."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ganflow.data import ring
from ganflow.dynamics import Adam, Extragradient, GradientDescent, Momentum, Optimistic
from ganflow.schedule import ALTERNATING, Schedule
from ganflow.sweeps import GameSetting, GanSetting


def test_a_game_setting_makes_the_players_it_describes():
    players = GameSetting(
        loss="hinge", penalty="R1", strength=0.3, scale=2.0, theta=-1.0, psi=0.5
    ).players()
    game = players.game
    assert (game.loss, game.penalty, game.strength) == ("hinge", "R1", 0.3)
    assert (game.scale, players.theta, players.psi) == (2.0, -1.0, 0.5)


def test_the_seed_draws_the_weights_of_both_networks():
    setting = GanSetting(width=4, seed=3)
    first, again = setting.players().start(), setting.players().start()
    other = replace(setting, seed=4).players().start()
    for player in "GD":
        for a, b, c in zip(first[player], again[player], other[player], strict=True):
            assert torch.equal(a, b) and not torch.equal(a, c)


def test_a_gan_setting_passes_every_number_on():
    setting = GanSetting(
        loss="hinge", penalty="R2", strength=0.3, batch=5, latent=3, shown=7, seed=9
    )
    players = setting.players()
    for name in ("loss", "penalty", "strength", "batch", "latent", "shown", "seed"):
        assert getattr(players, name) == getattr(setting, name)
    assert [p.shape for p in players.start()["G"]][0] == (64, 3)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("gradient descent", GradientDescent(0.2)),
        ("momentum", Momentum(0.2, -0.3)),
        ("Adam", Adam(0.2, 0.1, 0.9, 1e-6)),
        ("extragradient", Extragradient(0.2)),
        ("optimistic", Optimistic(0.2)),
    ],
)
def test_a_rule_gets_its_own_numbers(name, rule):
    numbers = {"beta": -0.3, "beta1": 0.1, "beta2": 0.9, "epsilon": 1e-6}
    setting = GameSetting(rule=name, step_size=0.2, **numbers)
    assert setting.rules() == {"G": rule, "D": rule}


def test_a_player_can_have_its_own_step_size():
    rules = GameSetting(step_size=0.1, step_size_D=0.4).rules()
    assert (rules["G"].step_size, rules["D"].step_size) == (0.1, 0.4)


def test_a_schedule_may_be_typed():
    assert GameSetting(schedule="D DG").schedule.turns == (("D",), ("D", "G"))
    assert isinstance(GameSetting(schedule="d g").schedule, Schedule)


def test_numbers_may_come_from_numpy():
    setting = GanSetting(seed=np.int64(3), step_size_G=np.float32(0.5))
    assert type(setting.seed) is int and type(setting.step_size_G) is float


def test_runs_that_differ_in_numbers_only_share_a_program():
    base = GanSetting()
    same = {
        "schedule": "D D G",
        "seed": 1,
        "strength": 2.0,
        "step_size": 0.1,
        "step_size_D": 0.1,
        "beta": 0.1,
        "beta1": 0.1,
        "beta2": 0.1,
    }
    assert replace(base, **same).program == base.program == GanSetting().program
    other = {
        "data": ring(modes=4),
        "loss": "hinge",
        "penalty": "R1",
        "rule": "momentum",
        "batch": 8,
        "latent": 3,
        "width": 8,
        "depth": 1,
        "epsilon": 1e-6,
    }
    for name, value in other.items():
        assert replace(base, **{name: value}).program != base.program, name
    game = {"theta": 0.1, "psi": 0.1, "scale": 0.1, "target": 0.1, "strength": 0.1}
    assert GameSetting(**game).program == GameSetting().program
    assert GameSetting(schedule=ALTERNATING).program != GanSetting().program


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        (GameSetting, {"loss": "soft"}, "loss is 'soft'; expected one of saturating"),
        (GameSetting, {"penalty": "R3"}, "penalty is 'R3'; expected one of none, R1"),
        (GanSetting, {"loss": "soft"}, "loss is 'soft'; expected one of saturating"),
        (GanSetting, {"penalty": "consensus"}, "'consensus'; expected one of none, R1"),
        (GanSetting, {"rule": "adam"}, "rule is 'adam'; expected one of gradient desc"),
        (GanSetting, {"step_size": 0}, "step_size is 0; expected .* number, above 0"),
        (GanSetting, {"step_size_D": -1}, "step_size_D is -1; expected .*, above 0"),
        (GanSetting, {"step_size": None}, "step_size is None; expected a finite"),
        (GameSetting, {"step_size": "fast"}, "step_size is 'fast'; expected a finite"),
        (GameSetting, {"beta": -1}, "beta is -1; expected .*, above -1 and below 1"),
        (GanSetting, {"beta1": 1.0}, "beta1 is 1.0; .*, at least 0 and below 1"),
        (GanSetting, {"beta2": -0.1}, "beta2 is -0.1; .*, at least 0 and below 1"),
        (GanSetting, {"epsilon": 0}, "epsilon is 0; expected .*, above 0"),
        (GameSetting, {"strength": -1}, "strength is -1; expected .*, at least 0"),
        (GameSetting, {"target": -1}, "target is -1; expected .*, at least 0"),
        (GameSetting, {"theta": float("nan")}, "theta is nan; expected a finite"),
        (GameSetting, {"scale": float("inf")}, "scale is inf; expected a finite"),
        (GanSetting, {"seed": -1}, "seed is -1; expected a whole number, at least 0"),
        (GanSetting, {"batch": 2.5}, "batch is 2.5; expected a whole number, at"),
        (GanSetting, {"width": 0}, "width is 0; expected a whole number, at least 1"),
        (GanSetting, {"data": "ring"}, "data is 'ring'; expected a distribution"),
        (GameSetting, {"schedule": 3}, "schedule is 3; expected a Schedule or a"),
        (GameSetting, {"schedule": "D D"}, "D and G must both move in a tick"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(kind, wrong, said):
    with pytest.raises(ValueError, match=said):
        kind(**wrong)
