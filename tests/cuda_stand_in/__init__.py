"""A CUDA device for a machine without one, as a pytest plugin.

    PYTHONPATH=tests PYTEST_PLUGINS=cuda_stand_in python -m pytest tests -m cuda

It must be there before torch is imported, hence an environment variable: pytest then
loads it before any conftest, in each worker of xdist too. Where the driver finds a real
device it does nothing, and the tests run on that.

Tensors on "cuda:0" are plain tensors over memory of the CPU, so all numbers are right.
What CUDA has rules about is checked at every operator (`operators`): tensors of two
devices, generators of the other device, where the host waits for the device, what a
graph may not record. A recorded graph is played again (`graphs`): what it read, it
reads anew; what went in as a Python number stays as it was.

It cannot know what only hardware shows:

- speed and memory: `make gpu` records both, and `bench/tick_cost.py` compares the ways;
- kernels and their rounding: tf32 is computed in float32 here, bf16 by the CPU's
  kernels; atomics and their order;
- cuDNN: which algorithm it picks, that it refuses the second derivative of a recurrent
  layer (`pytest tests/book/test_recurrent_penalty.py` on a machine with a GPU);
- streams: all work is done at once, so a race between two is not seen, nor is memory
  that a graph's pool gives to another tensor;
- what torch.compile makes for a GPU, and NCCL (`torchrun` with tools/train_wgan_gp.py
  on several GPUs).
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from cuda_stand_in.build import NoCompiler, has_gpu, library


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Load the device, before a conftest imports torch."""
    if has_gpu():
        return
    if "torch" in sys.modules:
        raise pytest.UsageError("torch is imported already: load this plugin earlier")
    try:
        load(library())
    except NoCompiler as error:
        if os.environ.get("GANFLOW_REQUIRE_BROWSER") == "1":
            raise pytest.UsageError(str(error)) from error
        print(error, file=sys.stderr)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Pass over files without a test of the device: to import them all takes long."""
    is_test = collection_path.match("test_*.py")
    if is_test and "mark.cuda" not in collection_path.read_text():
        return True
    return None


def load(path: Path) -> None:
    """Give torch the device.

    Parameters
    ----------
    path : Path
        Of its compiled C++ part.
    """
    device = ctypes.CDLL(str(path))
    from cuda_stand_in import face, operators  # they import torch

    device.cuda_stand_in_guard()
    operators.register()
    face.show()
