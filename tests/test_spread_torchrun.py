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
from train_runs import differing, states

ROOT = Path(__file__).parent.parent
ALONE = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
RUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
SMALL = ["--size", "16", "--width", "2", "--batch", "4", "--critic-steps", "1"]
SMALL += ["--every", "5", "--looks", "2", "--quiet", "--resume", "--device", "cpu"]


@contextmanager
def torchrun(out, *, ticks, restarts=0):
    """torchrun with two trainers, all in one group as in a terminal."""
    command = [sys.executable, *RUN, "--max-restarts", str(restarts)]
    command += [ROOT / "tools" / "train_wgan_gp.py", *SMALL]
    command += ["--ticks", str(ticks), "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    started = subprocess.Popen(command, env=ALONE, start_new_session=True, **pipes)
    with started as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(path, process, seconds=120):
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"no {path.name} yet"
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


@pytest.mark.timeout(300)
def test_a_killed_process_stops_all_and_torchrun_goes_on_from_the_checkpoint(tmp_path):
    """kill -9 of rank 1; in the end all is as if that had not been, bit for bit."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    with torchrun(killed, ticks=150, restarts=1) as process:
        wait_for(killed / "checkpoint.pt", process)
        os.kill(children(process)[1], signal.SIGKILL)
        said, _ = process.communicate(timeout=140)
    assert process.returncode == 0, said
    assert "train_wgan_gp: rank 0 of 2 stops after tick " in said
    assert "the checkpoint of tick" in said and "with --resume goes on" in said
    assert "150 ticks in" in said
    with torchrun(whole, ticks=150) as process:
        said, _ = process.communicate(timeout=140)
    assert process.returncode == 0, said
    assert not differing(states(killed), states(whole))


@pytest.mark.timeout(200)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_torchrun_saves(number, tmp_path):
    """SIGTERM reaches torchrun alone, Ctrl-C in a terminal the trainers as well."""
    with torchrun(tmp_path, ticks=1_000_000) as process:
        wait_for(tmp_path / "checkpoint.pt", process)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        said, _ = process.communicate(timeout=100)
    tick = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["tick"]
    assert f"stopped and saved after tick {tick}: add --resume to go on" in said
    assert (tmp_path / "log.csv").read_bytes().count(b"\n") == tick + 1


@pytest.mark.timeout(200)
def test_an_uneven_batch_is_one_sentence(tmp_path):
    command = [sys.executable, *RUN, ROOT / "tools" / "train_wgan_gp.py", *SMALL]
    command += ["--batch", "5", "--out", tmp_path]
    done = subprocess.run(
        command, env=ALONE, capture_output=True, text=True, timeout=150
    )
    told = "train_wgan_gp: batch is 5 and 2 processes share it evenly: pass --batch"
    assert done.returncode == 1 and done.stderr.count(told) == 1
