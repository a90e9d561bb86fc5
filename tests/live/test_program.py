"""A program has what a page needs: its layout, its picture, its derivatives."""

import dataclasses
import json
from types import MappingProxyType

import numpy as np
import pytest
import torch
from live_program import Asked, play_ticks, put_state, set_up, want_state

from ganflow.dynamics import RULES
from ganflow.dynamics.players import Networks
from ganflow.live.program import Program, game_program, gan_program
from ganflow.losses import LOSSES
from ganflow.losses.adversarial import AdversarialLoss
from ganflow.sweeps.settings import GanSetting
from ganflow.sweeps.stack import Stack

CPU = torch.device("cpu")
GAN = GanSetting(batch=5, width=9, shown=11, step_size=0.01, seed=4, strength=0.2)
PICTURE = {"side": 4, "reach": 2.0}
LOSS_NAMES = list(LOSSES)
MADE = gan_program(
    GAN, losses=LOSS_NAMES, penalties=["none", "clipping"], rules=["Adam"], **PICTURE
)


def test_a_layout_is_json_and_its_places_do_not_overlap():
    layout = MADE.layout
    assert json.loads(json.dumps(layout)) == layout
    assert layout["kind"] == "gan" and layout["rules"] == ["Adam"]
    sizes = {"f32": 4, "f64": 8, "i32": 4}
    spans = sorted((at, at + sizes[k] * n) for at, k, n in layout["at"].values())
    spans += [tuple(layout["next"][player]) for player in "GD"]
    for (_, end), (start, _) in zip(sorted(spans), sorted(spans)[1:], strict=False):
        assert end <= start
    for player in "GD":
        start, end = layout["state"][player]
        first, last = layout["next"][player]
        assert end - start == last - first
        assert layout["at"][f"{player}0"][0] == start
        count, kind, length = layout["at"][layout["counts"]["Adam"][player]]
        assert start < count < end and (kind, length) == ("f64", 1)


def test_a_layout_says_which_numbers_a_rule_reads():
    """All that its moves read of a setting, but step sizes; epsilon is built in."""
    names = ["gradient descent", "momentum", "Adam", "extragradient", "optimistic"]
    made = game_program(losses=["hinge"], penalties=["none"], rules=names)
    assert made.layout["reads"] == {
        "gradient descent": [],
        "momentum": ["beta"],
        "Adam": ["beta1", "beta2"],
        "extragradient": [],
        "optimistic": [],
    }
    assert MADE.layout["reads"] == {"Adam": ["beta1", "beta2"]}


def test_derivatives_and_projections_that_are_one_have_one_place():
    table = MADE.layout["table"]
    assert len(table) == 2 * 2 * len(LOSSES) + 2
    for loss, player in [(loss, player) for loss in LOSSES for player in "GD"]:
        plain, clipped = (
            table[f"derive {player} {loss} {penalty}"]
            for penalty in ("none", "clipping")
        )
        assert plain == clipped
    assert table["derive G hinge none"] == table["derive G Wasserstein none"]
    assert table["derive D hinge none"] != table["derive D Wasserstein none"]
    assert table["project D none"] != table["project D clipping"]


def test_first_weights_are_named_in_the_order_in_which_torch_draws_them():
    rng, players = torch.Generator().manual_seed(GAN.seed), GAN.players()
    values = players.start()
    for name, bound in MADE.layout["first"]:
        weight = values[name[0]][int(name[1:])]
        drawn = torch.empty(weight.shape).uniform_(-bound, bound, generator=rng)
        assert torch.equal(drawn, weight), name
    assert len(MADE.layout["first"]) == len(values["G"]) + len(values["D"])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_derivative_alone_reads_what_was_put(loss):
    setting = dataclasses.replace(GAN, loss=loss)
    players = Stack.of([setting], CPU).players
    values, asked = players.start(), Asked(MADE)
    for player in "GD":
        for k, value in enumerate(values[player]):
            asked.put(f"seen {player}{k}", value + 0.1)
        batch = players.draw(player, np.array([6]), GAN.batch)
        parts = zip(("x", "z", "mix"), (batch.x_real, batch.z, batch.mix), strict=True)
        for part, tensor in parts:
            asked.put(f"{part} {player}", tensor)
    for player in "GD":
        asked.call("derive", MADE.layout["table"][f"derive {player} {loss} none"])
        for k in range(len(values[player])):
            asked.want((player, k), f"slope {player}{k}")
    moved = {p: tuple(v + 0.1 for v in own) for p, own in values.items()}
    wanted = {player: players.gradient(player, moved, np.array([6])) for player in "GD"}
    for (player, k), found in asked.answers().items():
        expected = wanted[player][k].numpy().ravel()
        np.testing.assert_allclose(
            found, expected, rtol=1e-4, atol=3e-7, err_msg=f"{player}{k}"
        )


def looked(loss):
    """The module's picture at the first weights, and the players whose it is."""
    setting = dataclasses.replace(GAN, loss=loss)
    stack, asked = Stack.of([setting], CPU), Asked(MADE)
    set_up(asked, setting)
    put_state(asked, "Adam", stack.state)
    asked.call("draw", 0, "-1", GAN.shown)
    for name in ("z G", "x G"):
        asked.want(name, name)
    drawn = asked.answers()
    asked.put("noise", drawn["z G"][: 2 * GAN.shown])
    asked.put("reals", drawn["x G"][: 2 * GAN.shown])
    asked.call(f"look {loss}")
    for name in ("samples", "scores", "push"):
        asked.want(name, name)
    return stack, asked.answers()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_picture_is_samples_scores_and_what_pushes_each_sample(loss):
    stack, found = looked(loss)
    players, values = stack.players, stack.state.values
    samples = players.observe(values)["samples"]
    np.testing.assert_allclose(found["samples"], samples.ravel(), rtol=1e-5, atol=1e-6)

    along = torch.linspace(-2.0, 2.0, 4)
    grid = torch.stack(torch.meshgrid(along, along, indexing="xy"), -1).reshape(
        1, -1, 2
    )
    scores = players.score(values["D"], grid)
    np.testing.assert_allclose(found["scores"], scores.ravel(), rtol=1e-5, atol=1e-6)

    reals = players.draw("G", -1, GAN.shown).x_real
    leaf = samples.detach().requires_grad_()
    pair = [players.score(values["D"], x)[0] for x in (reals, leaf)]
    (slope,) = torch.autograd.grad(LOSSES[loss].for_G(*pair), leaf)
    np.testing.assert_allclose(found["push"], -slope.ravel(), rtol=1e-4, atol=1e-7)
    assert np.abs(found["push"]).max() > 1e-4


def with_loss(monkeypatch, name, pair):
    changed = MappingProxyType({**LOSSES, name: pair})
    monkeypatch.setattr("ganflow.dynamics.players.LOSSES", changed)


def test_a_loss_that_is_changed_changes_the_program(monkeypatch):
    choices = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    before = gan_program(GAN, **choices, **PICTURE)
    assert gan_program(GAN, **choices, **PICTURE) == before  # to the byte
    old = LOSSES["hinge"]
    mine = AdversarialLoss("hinge", lambda real, fake: 2 * old.D(real, fake), old.G)
    with_loss(monkeypatch, "hinge", mine)
    after = gan_program(GAN, **choices, **PICTURE)
    assert after.code != before.code

    setting = dataclasses.replace(GAN, loss="hinge", schedule="D G")
    asked, stack = Asked(after), Stack.of([setting], CPU)
    set_up(asked, setting)
    put_state(asked, "Adam", stack.state)
    play_ticks(asked, setting, 1)
    want_state(asked, "Adam", stack.state, 0)
    stack.tick()
    for (_, name), found in asked.answers().items():
        if name.startswith("Adam m D"):
            k = int(name.removeprefix("Adam m D"))
            expected = stack.state.memory["D"]["m"][k].numpy().ravel()
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=3e-7)


def test_a_loss_that_cannot_be_translated_names_its_operator(monkeypatch):
    def odd_loss(score_real, score_fake):
        return score_real.tan().mean() - score_fake.mean()

    strange = AdversarialLoss("hinge", odd_loss, LOSSES["hinge"].G)
    with_loss(monkeypatch, "hinge", strange)
    choices = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    with pytest.raises(ValueError, match=r"no loop for the operator aten\.tan\."):
        gan_program(GAN, **choices, **PICTURE)


def test_a_penalty_that_moves_what_a_page_does_not_project_is_refused(monkeypatch):
    monkeypatch.setattr(
        Networks, "project", lambda self, player, params: tuple(-p for p in params)
    )
    choices = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    with pytest.raises(ValueError, match="puts parameters of G back"):
        gan_program(GAN, **choices, **PICTURE)


@pytest.mark.parametrize("choice", ["losses", "penalties", "rules"])
def test_names_that_nobody_knows_are_refused(choice):
    known = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    with pytest.raises(ValueError, match="hinges"):
        gan_program(GAN, **known | {choice: ["hinges"]}, **PICTURE)
    with pytest.raises(ValueError, match="hinges"):
        game_program(**known | {choice: ["hinges"]})


@pytest.mark.parametrize("choice", ["losses", "penalties", "rules"])
def test_a_program_of_nothing_is_refused(choice):
    known = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    with pytest.raises(ValueError, match=f"{choice} is .*; expected at least one"):
        gan_program(GAN, **known | {choice: []}, **PICTURE)
    with pytest.raises(ValueError, match=f"{choice} is .*; expected at least one"):
        game_program(**known | {choice: ()})


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        ({"side": 0}, "side is 0; expected a whole number, at least 1"),
        ({"reach": 0.0}, "reach is 0.0; expected a finite number, above 0"),
        ({"reach": np.nan}, "reach is nan; expected a finite number, above 0"),
    ],
)
def test_a_picture_of_no_size_is_refused(picture, told):
    known = {"losses": ["hinge"], "penalties": ["none"], "rules": ["Adam"]}
    with pytest.raises(ValueError, match=told):
        gan_program(GAN, **known, **PICTURE | picture)


def test_a_run_that_diverges_shows_it():
    setting = dataclasses.replace(
        GAN, loss="Wasserstein", rule="gradient descent", step_size=1e9, schedule="D G"
    )
    choices = {"losses": ["Wasserstein"], "penalties": ["none"]}
    program = gan_program(GAN, **choices, rules=["gradient descent"], **PICTURE)
    asked, stack = Asked(program), Stack.of([setting], CPU)
    set_up(asked, setting)
    put_state(asked, setting.rule, stack.state)
    play_ticks(asked, setting, 12)
    want_state(asked, setting.rule, stack.state, 0)
    for _ in range(12):
        stack.tick()
    for (_, name), found in asked.answers().items():
        expected = stack.state.values[name[0]][int(name[1:])].numpy().ravel()
        healthy = np.isfinite(expected)
        np.testing.assert_array_equal(np.isfinite(found), healthy, name)
        assert name != "D0" or not healthy.all()


def test_a_game_has_no_batches_and_double_precision():
    program = game_program(losses=["hinge"], penalties=["none"], rules=["momentum"])
    assert isinstance(program, Program) and program.layout["kind"] == "game"
    kinds = {kind for _, kind, _ in program.layout["at"].values()}
    assert kinds == {"f64"}
    assert {"G0", "D0", "target", "scale", "strength"} < set(program.layout["at"])
    assert b"draw" not in program.code
    assert len(program.code) < 8000


def test_a_rule_that_does_not_start_from_a_cleared_memory_is_refused(monkeypatch):
    ones = classmethod(lambda cls, params: {"velocity": tuple(p + 1 for p in params)})
    monkeypatch.setattr(RULES["momentum"], "start", ones)
    with pytest.raises(ValueError, match="momentum starts with velocity other than 0"):
        game_program(losses=["hinge"], penalties=["none"], rules=["momentum"])
