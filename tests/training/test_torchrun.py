"""torchrun and the trainer: a process dies, torchrun is stopped, the run goes on."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import train_wgan_gp
from train_runs import ALONE, ROOT

RUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
RUN += ["--max-restarts", "1"]
SMALL = ["--size", "16", "--width", "2", "--batch", "4", "--critic-steps", "1"]
SMALL += ["--every", "10", "--snapshots", "2", "--quiet", "--resume", "--device", "cpu"]
SMALL += ["--ticks", "1000000"]


@contextmanager
def torchrun(out):
    """torchrun with two trainers, all in one group as in a terminal."""
    command = [sys.executable, *RUN, ROOT / "tools" / "train_wgan_gp.py", *SMALL]
    command += ["--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = subprocess.Popen(command, env=ALONE, start_new_session=True, **pipes)
    with started as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def log(out):
    """The lines of the log so far."""
    path = out / "log.csv"
    return path.read_text().splitlines() if path.exists() else []


def wait_for(lines, out, process, seconds=120):
    deadline = time.monotonic() + seconds
    while len(log(out)) < lines:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"{len(log(out))} of {lines} lines"
        time.sleep(0.02)


def children(process):
    """The trainers that torchrun started, the one of rank 0 first."""
    told = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    ranks = {}
    for child in told.split():
        words = Path(f"/proc/{child}/environ").read_bytes().decode().split("\0")
        found = dict(word.split("=", 1) for word in words if "=" in word)
        if "LOCAL_RANK" in found:
            ranks[int(found["RANK"])] = int(child)
    return [ranks[rank] for rank in sorted(ranks)]


def stopped_and_saved(out, said):
    """The tick of the checkpoint, which is the last of the log."""
    tick = torch.load(out / "checkpoint.pt", weights_only=True)["tick"]
    assert f"stopped and saved after tick {tick}: add --resume to go on" in said
    assert len(log(out)) == tick + 1
    return tick


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that Ctrl-C ends: in a terminal the signal reaches the trainers as well."""
    out = tmp_path_factory.mktemp("whole")
    with torchrun(out) as process:
        wait_for(41, out, process)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=100)
    return out, said


@pytest.mark.timeout(300)
def test_ctrl_c_saves(whole):
    assert stopped_and_saved(*whole) >= 40


@pytest.mark.timeout(300)
def test_after_a_dead_process_torchrun_goes_on_and_sigterm_saves(whole, tmp_path):
    """kill -9 of rank 1; the log is as if that had not been, to the last digit."""
    with torchrun(tmp_path) as process:
        wait_for(11, tmp_path, process)
        os.kill(children(process)[1], signal.SIGKILL)
        lost = len(log(tmp_path))
        wait_for(lost + 6, tmp_path, process)
        process.send_signal(signal.SIGTERM)  # to torchrun alone
        said, _ = process.communicate(timeout=140)
    assert "train_wgan_gp: rank 0 of 2 stops after tick " in said
    assert "the checkpoint of tick" in said and "with --resume goes on" in said
    stopped_and_saved(tmp_path, said)
    lines, expected = log(tmp_path), log(whole[0])
    common = min(len(lines), len(expected))
    assert common > lost and lines[:common] == expected[:common]


def test_the_first_process_speaks_for_all(monkeypatch, capsys, tmp_path):
    """The others wait until torchrun ends them, if the first has the same error."""
    waited = []
    monkeypatch.setattr(train_wgan_gp.time, "sleep", waited.append)
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        assert train_wgan_gp.main([*SMALL, "--batch", "0", "--out", str(tmp_path)]) == 1
    assert waited == [10]
    assert capsys.readouterr().err.startswith("train_wgan_gp: batch is 0")
