"""The audit changes no bit of what a loop computes, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from faults.loops import every_loop

LOOPS = [one for one in every_loop("torch") if not one.needs or find_spec(one.needs)]
STATES = Path(__file__).parent / "loop_states.py"


@pytest.fixture(scope="module")
def runs():
    """Each loop of the benchmark, run bare and watched for two ticks."""
    done = subprocess.run(
        [sys.executable, STATES, *(str(loop.path) for loop in LOOPS)],
        env={**os.environ, "TICKS": "2"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_loops_are_those_of_the_whole_benchmark(runs):
    assert len(runs) == len(LOOPS) > 110
    assert sum(run["weights"] for run in runs.values()) > 3000


@pytest.mark.parametrize("name", [loop.name for loop in LOOPS])
def test_a_watched_loop_is_bit_for_bit_the_same(runs, name):
    """Weights, buffers, gradients, optimizers' states, random numbers and output."""
    run = runs[name]
    assert "failed" not in run, run["failed"]
    assert run["differs"] == []
    assert run["weights"] > 6


@pytest.mark.parametrize("name", [loop.name for loop in LOOPS])
def test_nothing_is_left_of_the_audit(runs, name):
    assert runs[name]["changed"] == []


@pytest.mark.parametrize("name", [loop.name for loop in LOOPS])
def test_the_loop_was_watched_indeed(runs, name):
    told = runs[name]["told"]
    assert told["moves"] or told["findings"], told
