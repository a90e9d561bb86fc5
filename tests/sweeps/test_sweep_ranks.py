"""A sweep over processes is the sweep of one, whatever their number."""

import signal
import subprocess
import sys
from pathlib import Path

import xarray as xr
from train_runs import ALONE

from ganflow.sweeps import GameSetting, GanSetting, sweep, sweep_over_ranks
from ganflow.training.distributed.fork import in_processes

SMALL = GanSetting(width=6, batch=8, shown=5, step_size=0.02)
GRID = {
    "schedule": ["D G", "DG", "D D G"],
    "rule": ["Adam", "gradient descent"],  # two programs
    "seed": [0, 1, 2],
}
HOW = {"over": GRID, "ticks": 6, "record_every": 2, "chunk": 4, "progress": False}


def test_one_process_is_sweep():
    over = {"theta": [0.1, 0.2, 0.3]}
    ours = sweep_over_ranks(GameSetting(), over=over, ticks=3, progress=False)
    xr.testing.assert_identical(
        ours, sweep(GameSetting(), over=over, ticks=3, progress=False)
    )


def compare():
    """Printed by a process that has run nothing before: see `in_processes`."""
    (alone,) = in_processes(1, lambda rank: sweep(SMALL, **HOW))
    assert alone.sizes["seed"] == 3 and not alone.attrs["interrupted"]
    for count in (2, 6):
        for found in in_processes(count, lambda rank: sweep_over_ranks(SMALL, **HOW)):
            xr.testing.assert_identical(found, alone)
    print("all the same")


def interrupt():
    """Rank 1 is stopped in its second chunk: what is done is returned to all."""

    def work(rank):
        from ganflow.sweeps import run

        chunks, whole = [], run._run

        def stopping(*args):
            chunks.append(args)
            if rank == 1 and len(chunks) == 2:
                signal.raise_signal(signal.SIGINT)
            whole(*args)

        run._run = stopping
        return sweep_over_ranks(SMALL, **HOW)

    one, other = in_processes(2, work)
    xr.testing.assert_identical(one, other)
    assert one.attrs["interrupted"]
    done = int((one.last_tick == 6).sum())
    assert 4 <= done < 18 and int((one.last_tick == -1).sum()) == 18 - done
    print("all the same after a stop")


def test_processes_share_a_sweep():
    """Two and six of them; five chunks, so that the sixth has none. And a stop."""
    code = "import test_sweep_ranks as t; t.compare(); t.interrupt()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ALONE,
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.stdout == "all the same\nall the same after a stop\n", done.stderr
