"""Compile device.cpp against torch's headers, once for each torch and source."""

from __future__ import annotations

import ctypes
import hashlib
import os
import runpy
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

SOURCE = Path(__file__).with_name("device.cpp")
KEPT = Path(__file__).parent.parent.parent / "_build" / "cuda_stand_in"


class NoCompiler(RuntimeError):
    """There is none to compile with."""


@cache
def torch_folder() -> Path:
    """Where torch lies; it is not imported."""
    return Path(find_spec("torch").origin).parent


@cache
def torch_version() -> dict:
    """What torch says of its build."""
    return runpy.run_path(str(torch_folder() / "version.py"))


def has_gpu() -> bool:
    """Whether torch can have a real CUDA device: its build, and the driver's word."""
    if torch_version()["cuda"] is None:
        return False
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    begun = driver.cuInit(0) == 0
    return (
        begun and not driver.cuDeviceGetCount(ctypes.byref(count)) and count.value > 0
    )


def library() -> Path:
    """The compiled device.

    Returns
    -------
    Path

    Raises
    ------
    NoCompiler
        No g++ here, and nothing compiled before.
    CalledProcessError
        It does not compile against this torch.
    """
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    path = KEPT / f"{torch_version()['__version__']}-{digest}.so"
    if path.exists():
        return path
    if (compiler := shutil.which("g++")) is None:
        raise NoCompiler("no CUDA stand-in without g++: apt-get install g++")
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as place:
        made = Path(place, "device.so")
        subprocess.run(
            [compiler, *_flags(), SOURCE, *_libraries(), "-o", made], check=True
        )
        os.replace(made, path)  # whole, also when two make it at once
    return path


def _flags() -> list[str]:
    headers = torch_folder() / "include"
    return [
        *("-std=c++20", "-O0", "-shared", "-fPIC"),
        *("-isystem", str(headers)),
        *("-isystem", str(headers / "torch" / "csrc" / "api" / "include")),
    ]


def _libraries() -> list[str]:
    """torch's own, found beside it when the device is loaded before torch is."""
    folder = str(torch_folder() / "lib")
    return [f"-L{folder}", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{folder}"]
