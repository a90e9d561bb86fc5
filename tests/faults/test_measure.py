"""The audit finds what is planted in each loop, and accuses no clean one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from faults.loops import every_loop
from faults.measure import audit, importable, judge

ROOT = Path(__file__).parents[2]
# Its line is that of the call whose graph is kept, not of the list that keeps it.
ANOTHER_LINE = {"history_of_scores"}


@pytest.fixture(autouse=True)
def own_draws(monkeypatch):
    """Each loop sets its own seed, and finds one thread, as in a process of its own.

    It leaves no code that torch would not compile any more, since it ran under a watch.
    """
    monkeypatch.setenv("TICKS", "")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.random.fork_rng():
        yield
    torch.set_num_threads(threads)
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()


# TensorFlow: tests/tf
@pytest.mark.parametrize("loop", every_loop("torch"), ids=lambda loop: loop.name)
def test_every_fault_is_found_and_no_clean_loop_accused(loop):
    if loop.needs and not importable(loop.needs):
        pytest.skip(f"{loop.needs} is not installed")
    outcome = judge(loop, audit(str(loop.path)))
    assert not outcome.failed and not outcome.errors and not outcome.warnings
    assert outcome.named, outcome.schedule
    if loop.kind == "faulty":
        assert outcome.found
        assert outcome.line == (loop.name not in ANOTHER_LINE)


def test_in_processes_of_their_own_loops_are_told_the_same(tmp_path):
    """As `make faults` measures them; the table says what was not right."""
    names, told = ["history_of_scores", "generator_first"], tmp_path / "told"
    command = [sys.executable, "bench/faults/measure.py", *names, "--json", str(told)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    outcomes = {one["loop"]: one for one in json.loads(told.read_text())["outcomes"]}
    assert outcomes.keys() == {*names}
    assert "history_of_scores: another line" in done.stdout
    assert "not right: 1" in done.stdout
    assert all(one["named"] and not one["failed"] for one in outcomes.values())


def test_weights_that_no_optimizer_holds_are_counted():
    """Of a critic's four only its head's two are left out."""
    (loop,) = (one for one in every_loop("torch") if one.name == "head_left_out")
    found = [one["sentence"] for one in audit(str(loop.path))["findings"]]
    assert any("2 of the 4 weights of D" in sentence for sentence in found), found
