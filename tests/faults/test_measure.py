"""The audit finds what is planted in each loop, and accuses no clean one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Its line is that of the call whose graph is kept, not of the list that keeps it.
ANOTHER_LINE = {"history_of_scores"}


@pytest.mark.parametrize("framework", ["torch"])  # TensorFlow: tests/tf
def test_every_fault_is_found_and_no_clean_loop_accused(tmp_path, framework):
    told = tmp_path / "told.json"
    command = ["bench/faults/measure.py", "--framework", framework, "--json", str(told)]
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, check=True, capture_output=True
    )
    outcomes = json.loads(told.read_text())["outcomes"]
    assert len(outcomes) > 120
    wrong = {
        one["loop"]
        for one in outcomes
        if one["failed"] or one["errors"] or one["warnings"] or not one["named"]
    }
    faulty = [one for one in outcomes if one["kind"] == "faulty"]
    assert wrong == {one["loop"] for one in faulty if not one["found"]} == set()
    assert {one["loop"] for one in faulty if not one["line"]} == ANOTHER_LINE
