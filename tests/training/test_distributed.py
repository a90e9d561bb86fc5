"""Processes that share a run do what one does with the joined batch."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from train_runs import ALONE, ROOT

from ganflow.training import LostProcess, Ranks
from ganflow.training.distributed.fork import in_processes
from ganflow.training.distributed.ranks import peers_lost
from ganflow.training.keep.run_log import RunLog

MANY = pytest.mark.parametrize("count", [2, 3])
NOISE = "D 4.bias"  # its gradient is zero up to rounding; Adam makes steps of that


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What one, two and three processes found."""
    path = tmp_path_factory.mktemp("distributed") / "found.pt"
    command = [
        sys.executable,
        ROOT / "tests" / "training" / "distributed_runs.py",
        path,
    ]
    done = subprocess.run(
        command, env=ALONE, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return torch.load(path, weights_only=True)


@MANY
def test_the_gradients_are_those_of_the_joined_batch(found, count):
    """To 1e-6 of their length in float32, 1e-12 in float64; G has batch norm."""
    cases = found[1][0]["gradients"]
    assert len(cases) == 10
    for case, one in cases.items():
        of_all = found[count][0]["gradients"][case]
        limit = 1e-6 if "32" in case[-1] else 1e-12
        for name, expected in one.items():
            off = (of_all[name] - expected).norm() / expected.norm()
            assert off < limit, (case, name)


@MANY
def test_every_process_has_the_same_bits(found, count):
    first, *others = found[count]
    for other in others:
        for key in ("trained", "float64", "fp16", "bf16", "overflowing"):
            assert first[key].keys() == other[key].keys()
            for name in first[key]:
                assert torch.equal(first[key][name], other[key][name]), name
        for case, ours in first["gradients"].items():
            for name, value in ours.items():
                assert torch.equal(value, other["gradients"][case][name])


@MANY
def test_a_short_training_ends_where_one_process_ends(found, count):
    for name, expected in found[1][0]["float64"].items():
        ours = found[count][0]["float64"][name]
        torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-11)
    for name, expected in found[1][0]["trained"].items():
        if name != NOISE:
            ours = found[count][0]["trained"][name]
            torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@MANY
@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_ends_near_where_one_process_ends(found, count, precision):
    """Near: by a twentieth of 12 steps of Adam, 1e-4 each, in the mean over weights."""
    one, ours = found[1][0][precision], found[count][0][precision]
    for net in ("D", "G"):
        names = [name for name in one if name.startswith(f"{net} ")]
        off = torch.cat(
            [(ours[n] - one[n]).abs().flatten() for n in names if n != NOISE]
        )
        assert off.mean() < 12 * 1e-4 / 20


@MANY
def test_a_step_that_overflows_is_left_out_in_every_process(found, count):
    """Each has the count; the test of equal bits says that it is the same one."""
    for rank in found[count]:
        assert 0 < rank["overflowing"]["left out of D"] < 12
        assert 0 < rank["overflowing"]["left out of G"] < 6


def test_a_run_goes_on_with_another_number_of_processes(found):
    """Three ticks by two, three by three, against six by one."""
    for ours in found["2 then 3"]:
        for name, expected in found[1][0]["trained"].items():
            if name != NOISE:
                torch.testing.assert_close(ours[name], expected, rtol=1e-4, atol=1e-5)


def test_one_process_writes_the_files_of_all(found):
    names = {"checkpoint.pt", "log.csv", "grid.png", "curves.png", "run.npz"}
    assert found["files"] == names
    one, two = (log.decode().splitlines() for log in found["log"])
    assert one[0] == two[0] and len(one) == len(two) == 7
    columns = one[0].split(",")
    for ours, expected in zip(two[1:], one[1:], strict=True):
        ours = dict(zip(columns, map(float, ours.split(",")), strict=True))
        expected = dict(zip(columns, map(float, expected.split(",")), strict=True))
        for name in ("tick", "loss_D", "penalty", "slope"):
            assert ours[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-7)


@MANY
def test_the_sockets_send_what_the_formula_says(found, count):
    """And less than 3 % more, for the heads of the messages."""
    for rank in found[count]:
        for sent, gradients, statistics in rank["sent"]:
            assert 1 <= sent / (gradients + statistics) < 1.03
            assert statistics < gradients / 20
    one_step, five_steps = (gradients for _, gradients, _ in found[count][0]["sent"])
    assert 2 < five_steps / one_step < 5
    assert found[1][0]["sent"] == [(0, 0.0, 0.0), (0, 0.0, 0.0)]


def test_all_stop_at_the_tick_whose_loss_is_no_number(found):
    first, second = found["burst"]
    told = "at tick 5 penalty is inf and slope is inf"
    assert first.startswith(f"{told}; the checkpoint of tick 3 in ")
    assert second.startswith(f"{told}. ")


def test_a_batch_that_does_not_come_out_even_is_one_sentence(found):
    assert found["uneven"] == (
        "batch is 7 and 2 processes share it evenly: pass --batch 6 or 8, or start "
        "another number of processes"
    )


def test_processes_with_other_images_do_not_train(found):
    assert found["other images"].startswith("rank 1 has other settings or images than")


@pytest.mark.parametrize(("batch", "count"), [(64, 4), (12, 3), (5, 1)])
def test_parts_make_up_the_batch(batch, count):
    parts = [range(batch)[Ranks(rank, count).part(batch)] for rank in range(count)]
    assert [k for part in parts for k in part] == list(range(batch))
    assert len({len(part) for part in parts}) == 1


def test_the_processes_of_a_notebook_see_no_gpu(monkeypatch):
    """A fork cannot use one, and Adam would look for it; this process keeps its own."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    seen = in_processes(2, lambda rank: os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["", ""] and os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_a_process_that_fails_or_hangs_is_told():
    def fail(rank):
        if rank == 1:
            raise KeyError("of rank 1")
        hang(rank)

    def hang(_rank):
        while True:
            pass

    with pytest.raises(KeyError, match="of rank 1"):
        in_processes(2, fail)
    with pytest.raises(TimeoutError, match=r"ranks \[0, 1\] did not end in time"):
        in_processes(2, hang, seconds=2)
    with pytest.raises(ChildProcessError, match="rank 0 ended without a word"):
        in_processes(1, lambda rank: os._exit(3))


def test_torchrun_does_not_cut_the_last_words_short():
    """It sends SIGTERM to all within 0.1 s of the end of one."""

    def last_words(_rank):
        os.environ["TORCHELASTIC_RUN_ID"] = "a run"
        try:
            with peers_lost(RunLog(SimpleNamespace(tick=3)), Ranks(1, 2)):
                raise RuntimeError("Connection closed by peer")
        except LostProcess as error:
            os.kill(os.getpid(), signal.SIGTERM)
            return str(error)

    (said,) = in_processes(1, last_words)
    assert said.startswith("rank 1 of 2 stops after tick 3: another process has ended.")
