"""Many runs at once are what `play` makes of each alone."""

import signal
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from ganflow.cost.flops import Flops
from ganflow.data import digits_plane, ring
from ganflow.dynamics import RULES, play
from ganflow.losses import LOSSES
from ganflow.schedule import (
    ALTERNATING,
    ALTERNATING_G_FIRST,
    SIMULTANEOUS,
    critic_steps,
    generator_steps,
)
from ganflow.sweeps import GameSetting, GanSetting, sweep
from ganflow.sweeps.stack import Stack

SCHEDULES = [
    SIMULTANEOUS,
    ALTERNATING,
    ALTERNATING_G_FIRST,
    critic_steps(5),
    generator_steps(2),
    "DG G D D",
]
SMALL = GanSetting(width=6, batch=8, shown=5, strength=0.1, step_size=0.02)


def run_alone(setting, **how):
    return play(setting.players(), setting.schedule, rule=setting.rules(), **how)


def test_a_bar_counts_ticks_of_chunks_unless_told_not_to(capfd):
    over = {"theta": [0.1, 0.2, 0.3]}
    sweep(GameSetting(), over=over, ticks=2, progress=False)
    assert capfd.readouterr() == ("", "")
    sweep(GameSetting(), over=over, ticks=2, chunk=2)
    assert "4/4" in capfd.readouterr().err


def assert_same(found, setting, *, ticks, record_every=1, tolerance=1e-5):
    """One run of a sweep against `play`, every series at every record."""
    alone = run_alone(setting, ticks=ticks, record_every=record_every)
    np.testing.assert_array_equal(found.tick, alone.tick)
    for name, expected in alone.series.items():
        np.testing.assert_allclose(
            found[name].transpose("tick", ...), expected, tolerance, tolerance, name
        )
    assert set(found.data_vars) == {*alone.series, "diverged", "last_tick"}


def assert_all_same(base, over, *, tolerance=1e-5, **how):
    """Every run of a product, addressed by its labels, against `play`."""
    found = sweep(base, over=over, progress=False, **how)
    for places in product(*(range(len(values)) for values in over.values())):
        at = dict(zip(found.diverged.dims, places, strict=True))
        chosen = {n: over[n][place] for n, place in zip(over, places, strict=True)}
        setting = replace(base, **chosen)
        assert_same(found.isel(at), setting, ticks=how["ticks"], tolerance=tolerance)
    assert found.diverged.isnull().all() and (found.last_tick == how["ticks"]).all()


def test_games_equal_play_under_every_schedule_rule_and_penalty():
    over = {
        "schedule": SCHEDULES,
        "rule": list(RULES),
        "penalty": ["none", "R1", "R2", "WGAN-GP", "clipping", "consensus"],
    }
    assert_all_same(GameSetting(strength=0.4, step_size_D=0.3), over, ticks=4)


@pytest.mark.parametrize("loss", LOSSES)
def test_games_equal_play_in_every_number(loss):
    over = {
        "theta": [1.0, -0.5],
        "psi": [0.2, 1.5],
        "scale": [1.0, 2.0],
        "strength": [0.1, 1.0],
        "target": [0.0, 1.0],
        "schedule": [ALTERNATING, "DG D"],
    }
    base = GameSetting(loss=loss, penalty="WGAN-GP")
    assert_all_same(base, over, ticks=5, tolerance=1e-12)


def test_networks_equal_play_under_every_schedule_and_rule():
    over = {"rule": list(RULES), "seed": [0, 7], "schedule": SCHEDULES}
    assert_all_same(SMALL, over, ticks=2)


def test_networks_equal_play_under_every_penalty_and_loss():
    """By gradient descent: a relativistic loss leaves D's last bias without a
    derivative, and Adam would divide that rounding error by its own size."""
    base = replace(SMALL, rule="gradient descent", step_size=0.5)
    over = {
        "penalty": ["none", "R1", "R2", "WGAN-GP", "clipping"],
        "loss": list(LOSSES),
        "schedule": [SIMULTANEOUS, "D D G"],
    }
    assert_all_same(base, over, ticks=2, tolerance=1e-6)
    over = {"strength": [0.05, 0.5], "penalty": ["R1", "clipping"]}
    assert_all_same(SMALL, over, ticks=2)


def test_networks_equal_play_in_every_number_of_adam():
    over = {
        "beta1": [0.0, 0.9],
        "beta2": [0.9, 0.999],
        "step_size_G": [0.001, 0.02],
        "epsilon": [1e-8, 1e-3],
    }
    assert_all_same(SMALL, over, ticks=6)


def test_networks_of_other_shapes_and_data_equal_play():
    over = {"width": [3, 6], "depth": [1, 3], "data": [ring(modes=3), digits_plane()]}
    assert_all_same(SMALL, over, ticks=2)
    over = {"batch": [4, 8], "latent": [1, 2]}
    assert_all_same(SMALL, over, ticks=2)


def test_momentum_may_be_negative():
    over = {"beta": [-0.5, 0.0, 0.5]}
    assert_all_same(GameSetting(rule="momentum"), over, ticks=20)


def test_a_list_of_settings_keeps_its_order():
    settings = [
        SMALL,
        replace(SMALL, loss="hinge", seed=3),
        replace(SMALL, rule="momentum", step_size_D=0.1),
        replace(SMALL, schedule="D D G"),
    ]
    found = sweep(settings, ticks=3, progress=False)
    assert found.loss_D.dims == ("run", "tick")
    for run, setting in enumerate(settings):
        assert_same(found.isel(run=run), setting, ticks=3)
    assert list(found.seed.values) == [0, 3, 0, 0]
    assert list(found.step_size_D.values) == [0.02, 0.02, 0.1, 0.02]
    assert list(found.schedule.values) == ["alternating"] * 3 + ["D D G"]
    assert found.attrs["width"] == 6 and "seed" not in found.attrs


def test_the_grid_is_the_product_in_order_with_labels():
    over = {
        "schedule": [critic_steps(2), "D G G"],
        "step_size": [0.1, 0.2, 0.3],
        "rule": ["Adam", "momentum"],
    }
    found = sweep(GameSetting(), over=over, ticks=1, progress=False)
    assert found.theta.dims == (*over, "tick")
    assert list(found.schedule.values) == ["2 critic steps", "D G G"]
    assert list(found.step_size.values) == [0.1, 0.2, 0.3]
    assert list(found.rule.values) == ["Adam", "momentum"]
    chosen = found.sel(schedule="D G G", step_size=0.3, rule="momentum")
    setting = GameSetting(schedule="D G G", step_size=0.3, rule="momentum")
    assert_same(chosen, setting, ticks=1)
    fixed = {"setting": "GameSetting", "loss": "saturating", "theta_start": 1.0}
    assert fixed.items() <= found.attrs.items()
    assert not set(over) & set(found.attrs) and not found.attrs["interrupted"]


def test_no_product_is_one_run():
    found = sweep(SMALL, ticks=2, progress=False)
    assert found.samples.dims == ("tick", "sample", "xy")
    assert list(found.xy.values) == ["x", "y"]
    assert found.attrs["data"] == "ring of 8"
    assert_same(found, SMALL, ticks=2)


def test_records_are_kept_as_play_keeps_them():
    over = {"seed": [1, 2]}
    found = sweep(SMALL, over=over, ticks=7, record_every=3, progress=False)
    assert list(found.tick.values) == [0, 3, 6, 7]
    for seed in over["seed"]:
        setting = replace(SMALL, seed=seed)
        assert_same(found.sel(seed=seed), setting, ticks=7, record_every=3)


@pytest.mark.parametrize("chunk", [1, 5])
def test_the_chunk_size_changes_no_result(chunk):
    over = {
        "seed": range(4),
        "schedule": SCHEDULES[:3],
        "loss": ["hinge", "saturating"],
    }
    whole = sweep(SMALL, over=over, ticks=3, progress=False)
    cut = sweep(SMALL, over=over, ticks=3, chunk=chunk, progress=False)
    for name, values in whole.items():
        np.testing.assert_allclose(cut[name], values, 1e-5, 1e-6)


def test_a_run_that_diverges_ends_as_nan_and_leaves_the_others_alone():
    base = GameSetting(loss="Wasserstein", schedule=SIMULTANEOUS)
    over = {"step_size": [0.1, 1e20, 0.2]}
    found = sweep(base, over=over, ticks=40, progress=False)
    alone = run_alone(replace(base, step_size=1e20), ticks=40)
    wild = found.isel(step_size=1)
    end = alone.diverged
    assert wild.diverged == end < 20
    np.testing.assert_array_equal(wild.theta[:end], alone.theta[:end])
    assert wild.theta[end:].isnull().all() and wild.psi[end:].isnull().all()
    assert np.isnan(found.diverged.values).tolist() == [True, False, True]
    assert (found.last_tick == 40).all()
    for place in (0, 2):
        setting = replace(base, step_size=over["step_size"][place])
        assert_same(found.isel(step_size=place), setting, ticks=40, tolerance=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_a_gan_that_diverges_leaves_its_neighbours_alone(rule):
    base = replace(SMALL, rule=rule, loss="Wasserstein", penalty="WGAN-GP")
    over = {"step_size": [1e-3, 1e25, 1e-2]}
    found = sweep(base, over=over, ticks=6, progress=False)
    assert found.diverged.notnull().values.tolist() == [False, True, False]
    wild = found.isel(step_size=1)
    late = wild.sel(tick=slice(int(wild.diverged), None))
    assert all(late[name].isnull().all() for name in ("loss_G", "samples"))
    for place in (0, 2):
        setting = replace(base, step_size=over["step_size"][place])
        assert_same(found.isel(step_size=place), setting, ticks=6)


class Interrupted:
    """A ring that presses control-C when its n-th batch or record is drawn."""

    name = "ring"

    def __init__(self, at):
        self.left = at

    def sample(self, n, rng):
        self.left -= n in (SMALL.batch, SMALL.shown)
        if not self.left:
            signal.raise_signal(signal.SIGINT)
        return ring().sample(n, rng)


def test_an_interrupt_keeps_what_is_done():
    over = {"seed": range(6)}
    how = {"ticks": 3, "chunk": 2, "progress": False}
    whole = sweep(replace(SMALL, data=ring()), over=over, **how)
    # A chunk draws 2 runs x (4 records + 3 ticks x 2 moves) = 20 batches: the 30th is
    # one of the second chunk's third move.
    cut = sweep(replace(SMALL, data=Interrupted(30)), over=over, **how)
    assert cut.attrs["interrupted"] is True and whole.attrs["interrupted"] is False
    assert cut.last_tick.values.tolist() == [3, 3, 1, 1, -1, -1]
    assert cut.diverged.isnull().all()
    for name in ("loss_D", "samples"):
        kept = cut.tick <= cut.last_tick
        assert cut[name].where(~kept).isnull().all()
        np.testing.assert_array_equal(
            cut[name].where(kept), whole[name].where(kept).transpose(*cut[name].dims)
        )


def test_an_interrupt_before_the_first_record_is_passed_on():
    with pytest.raises(KeyboardInterrupt):
        sweep(replace(SMALL, data=Interrupted(1)), ticks=3, progress=False)


def test_a_tick_of_many_runs_does_no_product_that_one_run_does_not_need():
    """D's move: G forward; for real and fake, D forward, its weights, its hidden input.
    G's move: G and D forward, D's input, G's weights, G's hidden input."""
    n, w = 16, 8
    G, D, hidden_G, hidden_D = (w * (w + k) for k in (4, 3, 2, 1))
    products = (G + 2 * (2 * D + hidden_D)) + (2 * G + 2 * D + hidden_G)
    stack = Stack.of([GanSetting(batch=n, width=w)] * 2, torch.device("cpu"))
    with Flops() as counted:
        stack.tick()
    assert counted.total == 2 * 2 * n * products


@pytest.mark.parametrize(
    ("base", "over", "how", "said"),
    [
        (GameSetting(), {"seed": [1]}, {}, "`over` is 'seed'; expected one of sch"),
        (SMALL, {"shown": [1, 2]}, {}, "`over` is 'shown'; expected one of sch"),
        (SMALL, {"seed": []}, {}, r"over\['seed'\] is empty; expected at least one"),
        (SMALL, {"seed": 3}, {}, r"over\['seed'\] is 3; expected a list of values"),
        (SMALL, {"loss": "hinge"}, {}, r"over\['loss'\] is 'hinge'; expected a list"),
        (SMALL, {"seed": [1, 2, 1]}, {}, r"over\['seed'\] has 1 more than once; expec"),
        (SMALL, {"loss": ["soft"]}, {}, "loss is 'soft'; expected one of"),
        (SMALL, {"schedule": ["D"]}, {}, "D and G must both move in a tick"),
        (SMALL, {}, {"ticks": -1}, "ticks is -1; expected a whole number, at least 0"),
        (SMALL, {}, {"record_every": 0}, "record_every is 0; expected a whole number"),
        (SMALL, {}, {"chunk": 0}, "chunk is 0; expected a whole number, at least 1"),
        (SMALL, {}, {"device": "gpu"}, "device is 'gpu'; expected one of cpu, cuda"),
        (SMALL, {}, {"device": "meta"}, "device is 'meta'; expected one of cpu, cuda"),
        ([], None, {}, "base is an empty list; expected .* at least one"),
        ([SMALL, GameSetting()], None, {}, "GameSetting, GanSetting; expected"),
        ([SMALL], {"seed": [1]}, {}, "list of 1 settings; expected one setting"),
        ([SMALL, replace(SMALL, shown=9)], None, {}, "shown is 5, 9 in .* one number"),
    ],
)
def test_a_wrong_call_says_what_came_and_what_to_do(base, over, how, said):
    with pytest.raises(ValueError, match=said):
        sweep(base, over=over, **({"ticks": 1, "progress": False} | how))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_is_refused_where_there_is_none():
    with pytest.raises(ValueError, match="device is 'cuda'; expected 'cpu'"):
        sweep(SMALL, ticks=1, device="cuda", progress=False)


@pytest.mark.cuda
@pytest.mark.parametrize("base", [GameSetting(), SMALL], ids=["game", "GAN"])
def test_cuda_and_cpu_agree(base):
    over = {"rule": list(RULES), "schedule": SCHEDULES}
    here = sweep(base, over=over, ticks=3, progress=False)
    there = sweep(base, over=over, ticks=3, device="cuda", progress=False)
    for name, values in here.items():
        np.testing.assert_allclose(there[name], values, 1e-3, 1e-4)
