"""When the stand-in is compiled, and when it leaves a real device alone."""

import ctypes
import shutil
import subprocess
from types import SimpleNamespace

import pytest
from cuda_stand_in import build, pytest_ignore_collect


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """Nothing is compiled yet."""
    monkeypatch.setattr(build, "KEPT", tmp_path / "kept")
    return tmp_path


def test_without_a_compiler_it_says_what_to_install(empty, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(build.NoCompiler, match="apt-get install g\\+\\+"):
        build.library()


def test_it_is_compiled_once(empty, monkeypatch):
    asked = []

    def compile_it(command, check):
        asked.append(command)
        command[-1].write_bytes(b"compiled")

    monkeypatch.setattr(shutil, "which", lambda name: "g++")
    monkeypatch.setattr(subprocess, "run", compile_it)
    first = build.library()
    assert build.library() == first and first.read_bytes() == b"compiled"
    assert len(asked) == 1 and list(build.KEPT.iterdir()) == [first]


@pytest.mark.parametrize(
    ("built_for", "begun", "count", "found"),
    [
        (None, 0, 1, False),
        ("13.0", 0, 1, True),
        ("13.0", 0, 0, False),
        ("13.0", 100, 1, False),
        ("13.0", None, 0, False),
    ],
)
def test_a_real_device_is_one_that_torch_and_the_driver_know(
    monkeypatch, built_for, begun, count, found
):
    def count_into(place):
        place._obj.value = count
        return 0

    def driver(name):
        if begun is None:
            raise OSError(f"no {name}")
        return SimpleNamespace(cuInit=lambda _: begun, cuDeviceGetCount=count_into)

    monkeypatch.setattr(build, "torch_version", lambda: {"cuda": built_for})
    monkeypatch.setattr(ctypes, "CDLL", driver)
    assert build.has_gpu() is found


def test_only_files_with_a_test_of_the_device_are_read(tmp_path):
    for text, passed_over in (("@pytest.mark.cuda\n", None), ("import torch\n", True)):
        (tmp_path / "test_it.py").write_text(text)
        assert pytest_ignore_collect(tmp_path / "test_it.py") is passed_over
    assert pytest_ignore_collect(tmp_path / "conftest.py") is None
