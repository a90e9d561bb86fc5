"""Moves of the module are those of `ganflow.dynamics`: any loss, penalty and rule."""

import dataclasses
import zlib
from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
from live_program import Asked, play_ticks, put_state, set_up, take_move, want_state

from ganflow.dynamics import RULES
from ganflow.dynamics.players import PENALTIES
from ganflow.games.game import PENALTIES as GAME_PENALTIES
from ganflow.live.program import game_program, gan_program
from ganflow.losses import LOSSES
from ganflow.sweeps.settings import GameSetting, GanSetting
from ganflow.sweeps.stack import Stack

CPU = torch.device("cpu")
PICTURE = {"side": 3, "reach": 2.5}
GAN = GanSetting(
    batch=7, width=16, schedule="DG", step_size=2e-3, strength=0.3, beta=0.5, seed=3
)
GAME = GameSetting(
    schedule="DG", step_size_G=0.1, step_size_D=0.2, strength=0.3, scale=1.5, psi=-0.8
)


@cache
def gan():
    """Everything that a GAN can be, at one size."""
    choices = {"losses": list(LOSSES), "penalties": PENALTIES, "rules": list(RULES)}
    return gan_program(GAN, **choices, **PICTURE)


@cache
def game():
    """Everything that a game can be."""
    return game_program(
        losses=list(LOSSES), penalties=GAME_PENALTIES, rules=list(RULES)
    )


def test_all_of_it_is_small_enough_for_a_page():
    assert len(zlib.compress(gan().code, 9)) < 20_000
    assert len(zlib.compress(game().code, 9)) < 6_000


def in_the_middle(program, settings, ticks=4):
    """One tick of each setting, after some by torch: (setting, before, after, found).

    `found` has what the module made of `before`, by name.
    """
    asked, runs = Asked(program), []
    for key, setting in enumerate(settings):
        stack = Stack.of([setting], CPU)
        for _ in range(ticks):
            stack.tick()
        before = stack.state
        stack.tick()
        set_up(asked, setting)
        put_state(asked, setting.rule, before)
        for player in "GD":
            take_move(asked, setting, player, int(before.moves[player][0]))
        for player in "GD":
            asked.call(f"commit {player}")
        want_state(asked, setting.rule, before, key)
        runs.append((setting, before, stack.state))
    answers = asked.answers()
    for key, (setting, before, after) in enumerate(runs):
        found = {name: value for (k, name), value in answers.items() if k == key}
        yield setting, before, after, found


def all_of(base, penalties):
    for loss, penalty, rule in product(LOSSES, penalties, RULES):
        yield dataclasses.replace(base, loss=loss, penalty=penalty, rule=rule)


def differences(setting, after, found):
    """How far the module is from torch: (name, largest distance) of what can be told.

    Adam divides by the root of v, and makes steps of rounding where a derivative is 0
    in exact arithmetic: its weights are compared where v is above that.
    """
    for player in "GD":
        for name, held in after.memory[player].items():
            for k, value in enumerate(held):
                full = f"{setting.rule} {name} {player}{k}"
                yield full, np.abs(found[full] - value.numpy().ravel()).max()
        for k, value in enumerate(after.values[player]):
            apart = np.abs(found[f"{player}{k}"] - value.numpy().ravel())
            if setting.rule == "Adam":
                v = after.memory[player]["v"][k].numpy().ravel()
                apart = apart[v > 1e-6]
            yield f"{player}{k}", apart.max(initial=0)


def check(program, settings, atol):
    for setting, before, after, found in in_the_middle(program, settings):
        for name, apart in differences(setting, after, found):
            assert apart <= atol, (setting, name, apart)
        starts = (*before.values["G"], *before.values["D"])
        ends = (*after.values["G"], *after.values["D"])
        moved = [(a != b).any() for a, b in zip(starts, ends, strict=True)]
        assert any(moved), setting


@pytest.mark.parametrize("rule", RULES)
def test_a_gan_moves_as_dynamics_does_under_every_loss_and_penalty(rule):
    size = {} if rule == "Adam" else {"step_size_G": 0.05, "step_size_D": 0.1}
    base = dataclasses.replace(GAN, **size)
    settings = [s for s in all_of(base, PENALTIES) if s.rule == rule]
    check(gan(), settings, 1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_a_game_moves_as_dynamics_does_under_every_loss_and_penalty(rule):
    settings = [s for s in all_of(GAME, GAME_PENALTIES) if s.rule == rule]
    check(game(), settings, 1e-15)


SIZES = [  # batch, width, depth, latent
    (1, 1, 1, 1),
    (2, 3, 2, 1),
    (3, 33, 1, 3),
    (5, 32, 3, 2),
    (7, 16, 2, 2),
    (64, 64, 2, 2),
]


@pytest.mark.parametrize("size", SIZES)
def test_a_gan_of_odd_sizes_moves_as_dynamics_does(size):
    sizes = dict(zip(("batch", "width", "depth", "latent"), size, strict=True))
    rule, losses, penalties = "momentum", ["relativistic", "hinge"], ["R2", "WGAN-GP"]
    base = dataclasses.replace(GAN, rule=rule, step_size=0.05, shown=3, **sizes)
    choices = {"losses": losses, "penalties": penalties, "rules": [rule]}
    settings = [
        dataclasses.replace(base, loss=loss, penalty=penalty)
        for loss, penalty in product(losses, penalties)
    ]
    check(gan_program(base, **choices, **PICTURE), settings, 2e-6)


class Wide(GanSetting):
    """The same in float64, beside which rounding shows."""

    def players(self):
        made = super().players()
        made.G.double()
        made.D.double()
        return made


def ends_of(setting):
    """Both players' parameters after 50 ticks by torch, in float32 and in float64."""
    parts = {f.name: getattr(setting, f.name) for f in dataclasses.fields(setting)}
    stacks = [Stack.of([one], CPU) for one in (setting, Wide(**parts))]
    for _ in range(50):
        for stack in stacks:
            stack.tick()
    for player, k in [(p, k) for p in "GD" for k in range(6)]:
        narrow, wide = (stack.state.values[player][k].numpy() for stack in stacks)
        yield f"{player}{k}", narrow.ravel(), wide.ravel()


@pytest.mark.parametrize("text", ["D G", "D D G D G", "DG", "D DG G"])
def test_50_ticks_of_any_schedule_end_where_the_stack_does(text):
    """At settings where torch's own float32 and float64 agree as closely."""
    settings = [
        dataclasses.replace(GAN, schedule=text, penalty=penalty, step_size_D=4e-3)
        for penalty in ("none", "R1", "WGAN-GP")
    ]
    asked = Asked(gan())
    for key, setting in enumerate(settings):
        stack = Stack.of([setting], CPU)
        set_up(asked, setting)
        put_state(asked, setting.rule, stack.state)
        play_ticks(asked, setting, 50)
        want_state(asked, setting.rule, stack.state, key)
    answers = asked.answers()
    for key, setting in enumerate(settings):
        for name, narrow, wide in ends_of(setting):
            np.testing.assert_allclose(narrow, wide, atol=1e-6, rtol=0)
            found = answers[key, name]
            np.testing.assert_allclose(found, narrow, rtol=0, atol=1e-6, err_msg=name)
            np.testing.assert_allclose(found, wide, rtol=0, atol=1e-6, err_msg=name)


def test_every_number_is_an_input_and_none_is_built_in():
    """The program was made with other step sizes, betas, strength and seed."""
    numbers = {"beta": -0.2, "beta1": 0.3, "beta2": 0.9, "strength": 0.05, "seed": 11}
    other = dataclasses.replace(GAN, step_size_G=0.01, step_size_D=0.03, **numbers)
    settings = [
        dataclasses.replace(other, penalty=penalty, rule=rule)
        for penalty in ("WGAN-GP", "clipping")
        for rule in ("Adam", "momentum")
    ]
    check(gan(), settings, 1e-6)
    numbers |= {"target": 0.4, "scale": -0.7, "theta": 0.2}
    numbers.pop("seed")
    other = dataclasses.replace(GAME, step_size_G=0.3, **numbers)
    check(game(), all_of(other, GAME_PENALTIES), 1e-15)
