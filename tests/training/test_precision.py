"""Which precision a device gets, and what float16 with a scaler does to the updates."""

import math
from dataclasses import replace

import pytest
import torch
from train_runs import SMALL, differing, pixels, small_run, states

from ganflow.records.training_run import load_training_run
from ganflow.training import (
    CannotGoOn,
    CannotResume,
    offered,
    precision_of,
    tick,
    train,
)
from ganflow.training.keep.provenance import provenance
from ganflow.training.run import _form
from ganflow.training.scaling import START, LossScaler
from ganflow.training.settings import PRECISIONS
from ganflow.training.updates import columns, cuda_precision

QUIET = {"progress": False}


@pytest.fixture
def gpu(monkeypatch):
    """Let torch name a GPU of a capability, which says that it has bfloat16."""

    def set_up(capability, hip=None):
        monkeypatch.setattr(torch.version, "hip", hip)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Some GPU")
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_: True)
        return torch.device("cuda")

    return set_up


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((6, 1), "torch"),
        ((7, 0), "fp16"),
        ((7, 5), "fp16"),  # a T4
        ((8, 0), "bf16"),
        ((8, 9), "bf16"),
        ((9, 0), "bf16"),
        ((12, 0), "bf16"),
    ],
)
def test_auto_takes_half_precision_where_a_gpu_has_units_for_it(
    gpu, capability, expected
):
    name, why = precision_of(gpu(capability))
    assert name == expected and name in offered("cuda")
    assert f"Some GPU (compute capability {capability[0]}.{capability[1]})" in why


def test_auto_leaves_torch_as_it_comes_where_there_is_no_nvidia_gpu(gpu):
    assert precision_of("cpu") == ("torch", "auto: cpu is no NVIDIA GPU")
    device = gpu((9, 4), hip="6.2")
    assert precision_of(device) == ("torch", "auto: Some GPU is no NVIDIA GPU")


@pytest.mark.parametrize(("hip", "told"), [(None, "9.0"), ("6.2", "none")])
def test_a_record_has_the_capability_of_an_nvidia_gpu(gpu, hip, told):
    said = provenance(gpu((9, 0), hip=hip))
    assert said["device"] == "Some GPU" and said["capability"] == told


@pytest.mark.parametrize("precision", ["bf16", "tf32"])
def test_what_a_gpu_does_not_compute_is_refused_by_its_name(gpu, precision):
    told = "below capability 8.0|from capability 8.0 on"
    for capability in ((7, 5), (6, 0)):
        device = gpu(capability)
        with pytest.raises(ValueError, match=f"({told}), and the device is Some GPU"):
            precision_of(device, precision)
        assert precision not in offered(device) and "fp16" in offered(device)
    device = gpu((8, 0))
    assert precision_of(device, precision).name == precision
    assert offered(device) == PRECISIONS


def test_before_ampere_the_channels_do_not_lie_last(gpu):
    """The penalty is in float32 there, whatever the scores are in."""
    last, first = torch.channels_last, torch.contiguous_format
    for precision in ("torch", "fp16"):
        settings = replace(SMALL, precision=precision)
        assert _form(settings, gpu((7, 5))) == first
        assert (
            _form(settings, gpu((8, 0))) == _form(settings, torch.device("cpu")) == last
        )
        assert _form(replace(settings, fast=False), gpu((8, 0))) == first


def test_another_name_is_refused():
    with pytest.raises(ValueError, match="precision is 'half'; expected one of torch"):
        precision_of("cpu", "half")


def test_a_run_says_what_auto_became_and_why(tmp_path):
    done = train(replace(SMALL, precision="auto", ticks=1), pixels(40), out=tmp_path)
    assert done.run.settings.precision == done.run.precision.name == "torch"
    held = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert held["settings"]["precision"] == "torch"
    record = load_training_run(tmp_path / "run.npz")
    assert record.settings["precision"] == record.provenance["precision"] == "torch"
    assert record.provenance["why"] == "auto: cpu is no NVIDIA GPU"
    assert record.provenance["capability"] == "none"


def test_where_auto_is_another_precision_a_run_does_not_go_on_by_itself(
    tmp_path, monkeypatch
):
    settings = replace(SMALL, precision="auto", ticks=1)
    train(replace(settings, precision="fp16"), pixels(40), out=tmp_path, **QUIET)
    again = {"out": tmp_path, "resume": True, **QUIET}
    with pytest.raises(CannotResume, match=r"precision \(fp16 there, torch here\)"):
        train(replace(settings, ticks=2), pixels(40), **again)
    going = replace(settings, precision="fp16", ticks=2)
    assert train(going, pixels(40), **again).run.tick == 2


def test_how_cuda_multiplies_is_not_set_by_auto():
    with pytest.raises(ValueError, match="pass the settings of the run that `begin`"):
        with cuda_precision(replace(SMALL, precision="auto")):
            pass


def way_of_D(run, ticks=4):
    """How far D's weights went in some ticks."""
    start = torch.cat([p.detach().flatten() for p in run.D.parameters()])
    for _ in range(ticks):
        tick(run)
    return torch.cat([p.detach().flatten() for p in run.D.parameters()]) - start


@pytest.mark.parametrize("loss", ["Wasserstein", "hinge", "non-saturating"])
@pytest.mark.parametrize("penalty", ["none", "WGAN-GP", "R1"])
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_updates_in_float16_are_those_of_float32(seed, fast, penalty, loss):
    """To a tenth of the way that D went, and without a step left out at the start."""
    changes = {"fast": fast, "penalty": penalty, "loss": loss, "seed": seed}
    exact = way_of_D(small_run(precision="fp32", **changes))
    run = small_run(precision="fp16", **changes)
    rounded = way_of_D(run)
    assert 0 < (rounded - exact).norm() < 0.1 * exact.norm()
    assert all(p.grad.dtype == torch.float32 for p in run.D.parameters())
    assert [scaler.skipped.item() for scaler in run.scalers.values()] == [0, 0]


@pytest.mark.parametrize("fast", [False, True])
def test_the_penalty_in_float16_is_the_one_in_float32(fast):
    """R1's, at real images before D moved: no scale and no rounding, bit for bit."""
    seen = []
    for precision in ("fp32", "fp16"):
        changes = {"penalty": "R1", "critic_steps": 1, "fast": fast}
        run = small_run(precision=precision, **changes)
        row = dict(zip(columns(run.settings), tick(run).tolist(), strict=True))
        seen.append((row["penalty"], row["slope"]))
    assert seen[0] == seen[1] and seen[0][0] > 0


def scaled(power, *, player="D", **changes):
    """A run in fp16 whose scale for a player is another at the start."""
    run = small_run(precision="fp16", **changes)
    scaler = run.scalers[player]
    scaler.load_state_dict(scaler.state_dict() | {"scale": 2.0**power})
    return run


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(("player", "power"), [("D", 40), ("G", 24)])
def test_a_step_that_overflows_is_left_out_and_counted(player, power, fast):
    """Each halves the player's own scale, and Adam counts the others only."""
    run = scaled(power, player=player, fast=fast, critic_steps=5)
    rows = [tick(run) for _ in range(8)]
    row = dict(zip(columns(run.settings), rows[-1].tolist(), strict=True))
    moves = {"D": 40, "G": 8}
    optimizers = {"D": run.optimizer_D, "G": run.optimizer_G}
    other = "G" if player == "D" else "D"
    assert 0 < row[f"skipped_{player}"] < moves[player]
    assert row[f"scale_{player}"] == 2.0 ** (power - row[f"skipped_{player}"])
    assert row[f"skipped_{other}"] == 0 and row[f"scale_{other}"] == 2.0**15
    for name, optimizer in optimizers.items():
        (steps,) = {memory["step"].item() for memory in optimizer.state.values()}
        assert steps == moves[name] - row[f"skipped_{name}"]


@pytest.mark.parametrize("fast", [False, True])
def test_a_move_of_D_that_overflows_leaves_it_where_it_was_and_G_moves_on(fast):
    run = scaled(60, fast=fast)
    before = [[p.detach().clone() for p in net.parameters()] for net in (run.D, run.G)]
    tick(run)
    for net, old, stays in ((run.D, before[0], True), (run.G, before[1], False)):
        same = [torch.equal(p, o) for p, o in zip(net.parameters(), old, strict=True)]
        assert all(same) if stays else not all(same)
    assert all(p.isfinite().all() for p in run.D.parameters())


def test_the_plain_loop_does_not_overflow_in_its_first_step():
    """At torch's own 2**16 it does, at D's last bias: 65,536 is no float16."""
    for power, left_out in ((16, 1), (15, 0)):
        run = scaled(power, fast=False)
        tick(run)
        assert run.scalers["D"].skipped == left_out


def test_the_first_scale_is_the_largest_power_of_two_that_float16_has():
    """So that scaling rounds nothing, and at a loss of one nothing overflows."""
    largest = torch.finfo(torch.float16).max
    assert math.frexp(START)[0] == 0.5 and START <= largest < 2 * START


def test_a_resumed_run_has_the_scale_and_the_count_it_had(tmp_path, monkeypatch):
    """Steps are left out before and after it was stopped: without the scale the
    second half would leave out others."""
    monkeypatch.setattr("ganflow.training.scaling.START", 2.0**40)
    settings = replace(SMALL, precision="fp16")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    straight = train(settings, pixels(40), out=whole, **QUIET)
    halves = []
    for ticks in (3, 6):
        part = replace(settings, ticks=ticks)
        done = train(part, pixels(40), out=parts, resume=True, **QUIET)
        halves.append(done.record.series["skipped_D"])
    assert 0 < halves[0][-1] < halves[1][-1] == straight.record.series["skipped_D"][-1]
    one, other = states(whole), states(parts)
    names = {n for n in one if "/log/snapshots" not in n}  # theirs depend on the length
    assert not differing(*({n: s[n] for n in names} for s in (one, other)))


def test_the_log_and_the_record_say_how_many_steps_were_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("ganflow.training.scaling.START", 2.0**50)
    done = train(replace(SMALL, precision="fp16"), pixels(40), out=tmp_path, **QUIET)
    header, *_, last = (tmp_path / "log.csv").read_text().splitlines()
    assert header.endswith("loss_G,skipped_D,scale_D,skipped_G,scale_G")
    written = dict(zip(header.split(","), last.split(","), strict=True))
    record = load_training_run(tmp_path / "run.npz")
    assert float(written["skipped_D"]) == record.series["skipped_D"][-1] > 0
    assert done.run.scalers["D"].skipped == record.series["skipped_D"][-1]


def test_a_run_that_no_scale_mends_is_stopped(tmp_path, monkeypatch):
    """D's gradient is NaN at any scale, and its loss stays finite."""
    monkeypatch.setattr("ganflow.training.scaling.START", 2.0**3)
    step = LossScaler.step

    def no_number(self, loss, optimizer):
        weight = optimizer.param_groups[0]["params"][0]
        step(self, loss + 0 * (weight - weight.detach()).sqrt().sum(), optimizer)

    monkeypatch.setattr(LossScaler, "step", no_number)
    told = "at tick 2 the scale of D's loss is below 1, since 4 steps of D overflowed"
    with pytest.raises(CannotGoOn, match=told):
        train(replace(SMALL, precision="fp16"), pixels(40), out=tmp_path, **QUIET)
