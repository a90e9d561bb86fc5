"""Training that is stopped, killed or fails keeps what it had, and goes on the same."""

import json
import resource
import signal
import subprocess
import sys
import time

import pytest
import torch
from train_runs import ALONE, ROOT, SMALL, differing, pixels, states

from ganflow.training import CannotGoOn, begin, tick, train, turns
from ganflow.training.keep.run_log import RunLog

QUIET = {"progress": False}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    train(SMALL, pixels(40), out=folder, every=2, **QUIET)
    return folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_as_if_it_had_not_been(number, whole, tmp_path):
    def stop(record):
        if record.ticks[-1] == 3:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    how = {"out": tmp_path, "every": 2, **QUIET}
    done = train(SMALL, pixels(40), watch=stop, **how)
    assert (done.stopped, done.run.tick) == (number, 4)  # the tick after that snapshot
    assert signal.getsignal(number) is before
    done = train(SMALL, pixels(40), resume=True, **how)
    assert (done.stopped, done.run.tick) == (0, 6)
    assert not differing(states(tmp_path), states(whole))


@pytest.fixture
def interruptible():
    """Python's own answer to Ctrl-C: a shell's background job ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_second_ctrl_c_does_not_wait(tmp_path, interruptible):
    def stop(record):
        if record.ticks[-1] == 2:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(SMALL, pixels(40), out=tmp_path, every=1, watch=stop, **QUIET)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["tick"] == 1


def test_a_run_stopped_before_its_first_tick_leaves_nothing_to_go_on_from(
    tmp_path, monkeypatch
):
    """Ctrl-C while a graph is recorded, which takes seconds."""

    def stopped_while_recording(run):
        signal.raise_signal(signal.SIGINT)
        return turns

    monkeypatch.setattr("ganflow.training.loop.recorded_turns", stopped_while_recording)
    done = train(SMALL, pixels(40), out=tmp_path, graphs=True, **QUIET)
    assert (done.stopped, done.run.tick) == (signal.SIGINT, 0)
    assert done.record.ticks.tolist() == [0] and not len(done.record.series["loss_D"])
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_runs_killed_at_random_moments_end_as_one_that_was_not():
    command = [sys.executable, ROOT / "tests" / "training" / "killed_runs.py", "3", "0"]
    shown = subprocess.run(
        command, env=ALONE, capture_output=True, text=True, timeout=300
    )
    trials = [json.loads(line) for line in shown.stdout.splitlines()]
    assert len(trials) == 3, shown.stderr
    for trial in trials:
        assert trial["code"] == 0 and trial["ticks"] == 20, shown.stderr
        assert trial["differing"] == []
    assert sum(len(trial["killed at"]) for trial in trials) >= 2


def test_the_command_says_how_to_go_on_after_sigterm(tmp_path):
    command = [sys.executable, ROOT / "tools" / "train_wgan_gp.py", "--size", "16"]
    command += ["--width", "2", "--batch", "4", "--ticks", "100000", "--out", tmp_path]
    process = subprocess.Popen(
        command, env=ALONE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    log, deadline = tmp_path / "log.csv", time.monotonic() + 60
    while not log.exists() or log.read_bytes().count(b"\n") < 3:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, errors
    tick = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["tick"]
    assert said == (
        f"stopped and saved after tick {tick}: add --resume to go on in {tmp_path}\n"
    )
    assert log.read_bytes().count(b"\n") == tick + 1


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_checkpoint(
    tmp_path, monkeypatch
):
    """Before tick 4 a weight grows so much that the square of a slope bursts."""

    def burst(run, **how):
        if run.tick == 3:
            run.D[0].weight.data.mul_(1e30)
        return tick(run, **how)

    monkeypatch.setattr("ganflow.training.loop.tick", burst)
    told = "^at tick 4 penalty is inf and slope is inf; the checkpoint of tick 3 in "
    with pytest.raises(CannotGoOn, match=told):
        train(SMALL, pixels(40), out=tmp_path, every=1, **QUIET)
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    last = dict(zip(header.split(","), lines[-1].split(","), strict=True))
    assert last["tick"] == "4" and last["penalty"] == "inf"
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["tick"] == 3
    assert all(v.abs().max() < 1e3 for v in kept["parts"]["D"].values())


def test_a_weight_that_is_no_number_is_never_saved(tmp_path):
    run = begin(SMALL, pixels(40))
    log = RunLog(run, tmp_path)
    log.open(resume=False)
    with torch.no_grad():
        run.D[0].weight[0] = float("nan")
    run.tick = 1
    with pytest.raises(CannotGoOn, match="a weight of D is not finite after tick 1; "):
        log.save()
    assert not (tmp_path / "checkpoint.pt").exists()


def test_a_full_disk_stops_the_run_and_keeps_the_checkpoint(whole, tmp_path):
    """The system itself refuses: the next checkpoint is larger than a file may be."""
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(record):
        if record.ticks[-1] == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, kept[1]))

    how = {"out": tmp_path, "every": 2, **QUIET}
    told = "after tick 4 a file cannot be written .*; the checkpoint of tick 2 in"
    try:
        with pytest.raises(CannotGoOn, match=told):
            train(SMALL, pixels(40), watch=fill, **how)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["tick"] == 2
    assert not list(tmp_path.glob("*.unfinished"))
    train(SMALL, pixels(40), resume=True, **how)
    assert not differing(states(tmp_path), states(whole))


@pytest.mark.parametrize("kept", [False, True])
def test_an_error_of_the_watcher_stays_its_own(kept, tmp_path):
    """No file of the run's failed, so room on a disk is not what is missing."""

    def lose(record):
        raise FileNotFoundError("the watcher's own")

    with pytest.raises(FileNotFoundError, match="^the watcher's own$"):
        train(SMALL, pixels(40), out=tmp_path if kept else None, watch=lose, **QUIET)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotGoOn, match="after tick 0 a file cannot be written"):
        train(SMALL, pixels(40), out=tmp_path / "file" / "run", **QUIET)
