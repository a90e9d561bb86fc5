"""The loops of the fault benchmark: their headers, their marks, and that they run."""

import json
import os
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec

import pytest
from faults.loops import HERE, LEVELS, MARK, every_loop, header, marked_lines, read

LOOPS = every_loop()
FAULTY = [loop for loop in LOOPS if loop.kind == "faulty"]
CLEAN = [loop for loop in LOOPS if loop.kind == "clean"]


def test_there_are_enough_loops():
    count = Counter((loop.kind, loop.framework) for loop in LOOPS)
    assert count["faulty", "torch"] >= 44 and count["faulty", "tensorflow"] >= 6
    assert count["clean", "torch"] >= 28 and count["clean", "tensorflow"] >= 4


@pytest.mark.parametrize("kind", [k for k, v in LEVELS.items() if v != "note"])
def test_every_error_and_warning_is_planted_in_torch(kind):
    planted = [loop.name for loop in FAULTY if loop.framework == "torch"]
    assert planted and any(
        kind == loop.ids[0] for loop in FAULTY if loop.name in planted
    )


def test_every_clean_loop_has_no_mark():
    assert not [loop.name for loop in CLEAN if MARK in loop.path.read_text()]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.name)
def test_a_loop_knows_nothing_of_the_audit(loop):
    """A script that imports the package would show how it is watched."""
    source = loop.path.read_text()
    assert "ganflow" not in source
    assert 'TICKS = int(os.environ.get("TICKS", 4))' in source


def test_a_mark_names_the_whole_statement():
    source = "a = f(\n    1,  # <- fault\n)\nwith b:  # <- fault\n    c()\n"
    assert marked_lines(source) == {1, 2, 3, 4}


def test_a_misspelt_fault_is_refused(tmp_path):
    folder = tmp_path / "faulty"
    folder.mkdir()
    script = folder / "wrong.py"
    text = FAULTY[0].path.read_text().replace(FAULTY[0].ids[0], "wiped-after-step")
    script.write_text(text)
    with pytest.raises(ValueError, match="wiped-after-step"):
        read(script)


def test_an_unknown_key_is_refused():
    with pytest.raises(ValueError, match="colour"):
        header("# colour: red\n")


def test_what_others_said_is_of_these_loops():
    """A loop that is added or renamed asks for a new run of others.py."""
    said = json.loads((HERE / "others.json").read_text())
    asked = {loop.name: list(loop.ids) for loop in LOOPS if loop.framework == "torch"}
    assert {name: row["fault"] for name, row in said["loops"].items()} == asked
    for tool, counts in said["summary"].items():
        found = [name for name, row in said["loops"].items() if row[tool]["found"]]
        assert len(found) == counts["found"] and all(asked[name] for name in found)


RUN_ALL = """
import runpy, sys, warnings
import torch
torch.set_num_threads(1)
warnings.simplefilter("error", UserWarning)
warnings.filterwarnings("ignore", "The .grad attribute of a Tensor")  # dynamo's own
for path in sys.argv[1:]:
    sys.stderr.write(path + chr(10))
    runpy.run_path(path, run_name="__main__")
"""


def test_every_torch_loop_runs_three_ticks():
    """All in one process: the last path that it told is the one that failed."""
    able = [loop for loop in LOOPS if loop.framework == "torch"]
    able = [loop for loop in able if loop.needs is None or find_spec(loop.needs)]
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, *(str(loop.path) for loop in able)],
        env={**os.environ, "TICKS": "3"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
