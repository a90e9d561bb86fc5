"""What records on a GPU runs where there is torch and little else.

Such a machine has no TensorFlow, nothing of Jupyter, no compiler, no git and no
network. An import of what it lacks fails here, in every process that is started.
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import record_gpu
from PIL import Image
from train_runs import ALONE, ROOT

from ganflow.records.gpu_runs import gpu_runs, gpu_steps

ABSENT = set(
    "tensorflow keras ipywidgets anywidget pooch IPython traitlets nbval sklearn scipy"
    " xarray filelock jupytext".split()
)
SITE = f"""
from importlib.machinery import PathFinder

own = PathFinder.find_spec

def find_spec(cls, name, path=None, target=None):
    return None if name.partition(".")[0] in {ABSENT} else own(name, path, target)

PathFinder.find_spec = classmethod(find_spec)
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The environment of such a machine: `sitecustomize` is read by every Python."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "sitecustomize.py").write_text(SITE)
    places = os.pathsep.join((str(folder), ALONE["PYTHONPATH"]))
    return ALONE | {"PYTHONPATH": places, "PATH": str(folder), "GANFLOW_COMMIT": "abc"}


@pytest.fixture(scope="module")
def recorded(bare, tmp_path_factory):
    """What `tools/record_gpu.py` made and said there, in small and on the CPU."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "photos").mkdir()
    rng = np.random.default_rng(0)
    for k in range(9):
        pixels = rng.integers(0, 255, (20, 24, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{k}.png")
    words = (
        f"--device cpu --size 16 --width 4 --ticks 4 --every 2 --data {folder}/photos"
    )
    words += f" --work {folder}/work --results {folder}/results"
    command = [sys.executable, str(ROOT / "tools" / "record_gpu.py"), *words.split()]
    env = bare | {"GANFLOW_DATA": str(folder / "cache")}
    ran = subprocess.run(command, env=env, capture_output=True, text=True, cwd=folder)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "results", ran.stdout


@pytest.mark.parametrize("name", sorted(ABSENT))
def test_what_such_a_machine_lacks_cannot_be_imported(name, bare):
    command = [sys.executable, "-c", f"import {name}"]
    ran = subprocess.run(command, env=bare, capture_output=True, text=True)
    assert f"ModuleNotFoundError: No module named '{name}'" in ran.stderr


def test_trainings_and_timings_are_recorded_there(recorded):
    results, _ = recorded
    runs = gpu_runs(results)
    assert set(runs) == {"gan", "wgan-gp"}
    for run in (*(run.provenance for run in runs.values()), *gpu_steps(results)):
        assert run["precision"] == "torch" and run["why"] and run["commit"] == "abc"
    assert {row["way"] for row in gpu_steps(results)} >= {"plain", "fast"}


def test_what_cannot_run_there_is_named(recorded):
    _, told = recorded
    assert "compiled_16: not run, this machine has no C compiler" in told
    assert "tensorflow_16: not run, this machine has no TensorFlow" in told


def test_every_piece_was_done_or_named(recorded):
    results, told = recorded
    pieces = record_gpu.pieces(record_gpu.parser().parse_args(["--size", "16"]))
    for piece in pieces:
        done = (results / piece.kept.name).exists()
        assert done != (f"{piece.name}: not run" in told)
