"""Kill training at random moments, go on, and compare with a run never killed.

`python tests/training/killed_runs.py TRIALS SEED` prints a line of JSON for each trial.

Training runs in forked children of a process that itself never trains, so that a trial
needs no second import of torch.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from train_runs import SMALL, differing, pixels, small_run, states

from ganflow.training import train
from ganflow.training.keep.pictures import curves_png, grid_png

TICKS = 20
EVERY = 2


def fork(folder, settings):
    """Train in a child, going on with what is there."""
    if child := os.fork():
        return child
    code = 1
    try:
        train(
            settings, pixels(40), out=folder, resume=True, every=EVERY, progress=False
        )
        code = 0
    finally:
        os._exit(code)


def saved_tick(folder):
    """The tick of the checkpoint, 0 if there is none; fails if it is not whole."""
    path = folder / "checkpoint.pt"
    return torch.load(path, weights_only=True)["tick"] if path.exists() else 0


def kill_until_done(folder, settings, rng, seconds):
    """Kill a child somewhere in its `seconds`, and so on until one is done first.

    Each is given more time than the one before. Returns the checkpoint's tick at every
    kill, and the exit code of the last child.
    """
    ticks = []
    while True:
        child = fork(folder, settings)
        time.sleep(rng.uniform(0.02, 0.9) * seconds * 1.15 ** len(ticks))
        os.kill(child, signal.SIGKILL)  # a child that has ended waits to be asked
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return ticks, os.WEXITSTATUS(status)
        ticks.append(saved_tick(folder))


def load_what_children_need():
    """Much is imported at its first use, and would be by every child again."""
    small_run()
    curves_png(("loss_D", "loss_G", "score_real", "score_fake"), np.zeros((2, 4)))
    grid_png(np.zeros((25, 16, 16, 1), np.uint8))


def main(trials, seed):
    """Print how each trial went."""
    torch.set_num_threads(1)
    load_what_children_need()
    rng = random.Random(seed)
    for trial in range(trials):
        settings = replace(SMALL, ticks=TICKS, seed=trial, fast=trial % 2 == 0)
        with tempfile.TemporaryDirectory() as folder:
            whole, killed = Path(folder, "whole"), Path(folder, "killed")
            began = time.perf_counter()
            os.waitpid(fork(whole, settings), 0)
            seconds = time.perf_counter() - began
            ticks, code = kill_until_done(killed, settings, rng, seconds)
            wrong = sorted(differing(states(whole), states(killed)))
            line = {"killed at": ticks, "code": code, "differing": wrong}
            print(json.dumps(line | {"ticks": saved_tick(killed)}), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
