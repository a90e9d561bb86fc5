"""The recording of GPU runs, tried on a CPU; and how the book tells of them."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter, sleep

import pytest
import record_gpu
import tick_cost
import tick_ways
import torch
import train_wgan_gp
from train_runs import ALONE as ALONE_ENV

from ganflow.records.gpu_runs import (
    NONE,
    RESULTS,
    gpu_runs,
    gpu_steps,
    told_runs,
    told_steps,
)

WITH_TOOLS = ALONE_ENV | {
    "PYTHONPATH": os.pathsep.join((ALONE_ENV["PYTHONPATH"], str(record_gpu.TOOLS)))
}
TINY = "--device cpu --data digits --size 16 --width 4 --every 2".split()


def options(folder, *words):
    more = ["--work", str(folder / "work"), "--results", str(folder / "results")]
    return [*TINY, *more, *words]


def in_process(command, _seconds):
    """Stands in for `within`: the same command without another Python."""
    program = {"train_wgan_gp": train_wgan_gp, "tick_cost": tick_cost}
    return program[Path(command[0]).stem].main(command[1:])


def piece_called(name, made):
    return next(piece for piece in record_gpu.pieces(made) if piece.name == name)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """All pieces of a tiny run, one in each call but the last; nothing is compiled."""
    folder = tmp_path_factory.mktemp("gpu")
    words = options(folder, "--ticks", "4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "compile", lambda function: function)
        patch.setattr(record_gpu, "within", in_process)
        codes = [record_gpu.main([*words, "--pieces", "1"]) for _ in range(2)]
        assert codes == [75, 75] and record_gpu.main(words) == 0
    return folder / "results"


def test_all_pieces_come_to_be_recorded(recorded):
    runs = gpu_runs(recorded)
    assert list(runs) == ["gan", "wgan-gp"]
    assert all(len(run.series["loss_G"]) == 4 for run in runs.values())
    assert {row["way"] for row in gpu_steps(recorded)} == {
        name
        for group in tick_ways.GROUPS
        for name in tick_ways.names(group, torch.device("cpu"))
    }


def test_the_most_telling_pieces_come_first():
    names = [
        piece.name for piece in record_gpu.pieces(record_gpu.parser().parse_args([]))
    ]
    assert names[:4] == ["eager_64", "eager_32", "wgan-gp", "gan"]
    assert {name.rpartition("_")[0] for name in names[4:]} == {"compiled", "tensorflow"}


def test_what_is_recorded_is_not_run_again(recorded, monkeypatch):
    monkeypatch.setattr(record_gpu, "run_piece", lambda *_: pytest.fail("run again"))
    words = ["--work", str(recorded), "--results", str(recorded)]
    assert record_gpu.main([*TINY, *words]) == 0


def test_a_training_that_takes_longer_is_gone_on_with(tmp_path, monkeypatch):
    """It stops itself as the clock would make it; the next piece goes on from there."""

    def interrupted(command, seconds):
        def stop(record):
            if record.ticks[-1] >= 2:
                os.kill(os.getpid(), signal.SIGTERM)

        asked = partial(train_wgan_gp.train, watch=stop)
        with monkeypatch.context() as patch:
            patch.setattr(train_wgan_gp, "train", asked)
            return in_process(command, seconds)

    made = record_gpu.parser().parse_args(options(tmp_path, "--ticks", "30"))
    monkeypatch.setattr(record_gpu, "within", interrupted)
    piece = piece_called("gan", made)
    assert record_gpu.run_piece(piece, made) is False
    checkpoint = torch.load(tmp_path / "work/gan/checkpoint.pt", weights_only=True)
    assert 0 < checkpoint["tick"] < 30 and gpu_runs(tmp_path / "results") == {}
    monkeypatch.setattr(record_gpu, "within", in_process)
    assert record_gpu.run_piece(piece, made) is True
    run = gpu_runs(tmp_path / "results")["gan"]
    assert len(run.series["loss_G"]) == 30


LONG = "import time; print('here', flush=True); time.sleep(60)"
SAVES = "import signal; signal.signal(15, lambda *_: exit(143)); " + LONG


@pytest.mark.parametrize(
    ("program", "code"), [(LONG, record_gpu.ENDED), (SAVES, record_gpu.SAVED)]
)
def test_the_clock_asks_a_command_to_stop(program, code):
    begun = perf_counter()
    assert record_gpu.within(["-c", program], 6.0) == code
    assert perf_counter() - begun < 30


DEAF = "import signal; signal.signal(15, signal.SIG_IGN); "


def test_a_piece_that_does_not_stop_when_asked_is_killed_with_what_it_started(tmp_path):
    """The limit holds whatever runs; the child notes its number, which then is free."""
    child = f"{DEAF} import time; time.sleep(300)"
    program = (
        f"{DEAF} import subprocess, sys, pathlib\n"
        f"made = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"pathlib.Path({str(tmp_path / 'child')!r}).write_text(str(made.pid))\n"
        "made.wait()"
    )
    begun = perf_counter()
    assert record_gpu.within(["-c", program], 8.0) == record_gpu.KILLED
    assert perf_counter() - begun < 60
    number = int((tmp_path / "child").read_text())
    while Path(f"/proc/{number}/stat").exists():  # until its new parent has buried it
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            break
        assert perf_counter() - begun < 60
        sleep(0.05)


STOPPED = """
import sys, record_gpu
record_gpu.within = lambda command, seconds, own=record_gpu.within: own(
    ["-c", "import signal; signal.signal(15, lambda *_: exit(print('saved') or 143));"
     "print('here', flush=True); import time; time.sleep(300)"], seconds)
sys.exit(record_gpu.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 130)]
)
def test_who_stops_the_recording_stops_its_piece_well(number, code, tmp_path):
    words = [sys.executable, "-c", STOPPED, *options(tmp_path)]
    with subprocess.Popen(
        words, env=WITH_TOOLS, stdout=subprocess.PIPE, text=True
    ) as ran:
        assert ran.stdout.readline() == "here\n"
        ran.send_signal(number)
        assert "saved" in ran.stdout.read()
    assert ran.returncode == code


@pytest.mark.parametrize(
    "code", [record_gpu.ENDED, record_gpu.SAVED, record_gpu.KILLED]
)
@pytest.mark.parametrize("name", ["gan", "eager_16"])
def test_a_piece_that_gets_nowhere_is_not_tried_for_ever(
    name, code, tmp_path, capfd, monkeypatch
):
    """Neither without a checkpoint nor with one that stays as it was."""
    made = record_gpu.parser().parse_args(options(tmp_path, "--minutes", "0.01"))
    piece = piece_called(name, made)
    monkeypatch.setattr(record_gpu, "within", lambda _command, _seconds: code)
    monkeypatch.setattr(record_gpu, "pieces", lambda _options: [piece])
    for _ in range(2):
        assert record_gpu.record(made) == 1
        assert f"{name}: 0.01 minutes are too few" in capfd.readouterr().err
        piece.made.parent.mkdir(parents=True, exist_ok=True)
        piece.made.with_name("checkpoint.pt").touch()


def test_a_command_finds_the_package_and_its_code_is_returned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = "import ganflow; exit(7)"
    assert record_gpu.within(["-c", program], 60) == 7


def test_a_piece_that_fails_is_named_and_the_others_go_on(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(record_gpu.shutil, "which", lambda _name: None)
    monkeypatch.setattr(record_gpu.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(record_gpu, "within", in_process)
    words = options(tmp_path, "--data", str(tmp_path / "none"))
    assert record_gpu.main(words) == 1
    told = capfd.readouterr().err
    for name in ("gan", "wgan-gp"):
        assert f"{name}: train_wgan_gp.py ended with 1: see above" in told
    assert gpu_steps(tmp_path / "results") and not gpu_runs(tmp_path / "results")


def test_what_a_machine_has_not_is_named_and_not_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(record_gpu.shutil, "which", lambda _name: None)
    monkeypatch.setattr(record_gpu.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(record_gpu, "within", in_process)
    assert record_gpu.main(options(tmp_path, "--ticks", "2")) == 0
    told = capsys.readouterr().out
    assert "compiled_16: not run, this machine has no C compiler" in told
    assert "tensorflow_16: not run, this machine has no TensorFlow" in told


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_without_a_gpu_it_says_so_in_one_line(capsys):
    assert record_gpu.main([]) == 1
    told = capsys.readouterr().err
    assert told == "record_gpu: torch sees no CUDA device here\n"


def test_on_a_gpu_trainings_take_graphs_and_pieces_less_than_ten_minutes():
    made = record_gpu.parser().parse_args([])
    assert "--graphs" in record_gpu.training("gan", made).command
    assert made.minutes < 10


def test_nothing_recorded_is_told_in_words(tmp_path):
    assert gpu_runs(tmp_path) == {} and gpu_steps(tmp_path) == []
    assert told_runs({}) == told_steps([]) == NONE


def test_a_recorded_run_is_told_with_where_it_comes_from(recorded):
    where = {"seconds": 99.6, "device": "A GPU", "torch": "2.11", "seed": 3}
    where |= {"commit": "abc", "date": "2026-01-01", "command": "train --data flowers"}
    where |= {"precision": "bf16", "why": "auto: it has units"}
    settings = {"critic_steps": 5, "data": "flowers", "size": 64}
    run = replace(gpu_runs(recorded)["gan"], provenance=where, settings=settings)
    told = told_runs({"wgan-gp": run})
    assert told.startswith("wgan-gp: 4 ticks of 5 critic steps on flowers at 64x64")
    for words in (
        "in 100 s",
        "A GPU, torch 2.11, seed 3",
        "commit abc",
        "--data flow",
        "in bf16 (auto: it",
    ):
        assert words in told


def test_the_steps_are_told_as_a_table(tmp_path):
    row = {"device": "A GPU", "torch": "2.11", "date": "2026-01-01", "commit": "abc"}
    row |= {"size": 64, "way": "plain"}
    times = {"ms": 12.345, "times": 1.0, "share": 0.314}
    fast = row | times | {"way": "fast", "times": 3, "share": None}
    lost = row | {"way": "compiled", "not_run": "no compiler"}
    later = row | times | {"date": "2026-01-02"}
    (tmp_path / "gpu_eager_64.json").write_text(json.dumps([row | times, fast, lost]))
    (tmp_path / "gpu_compiled_64.json").write_text(json.dumps([later]))
    head, names, plain, fast, lost, *more = told_steps(gpu_steps(tmp_path)).splitlines()
    assert head == "A GPU, torch 2.11, commit abc, 2026-01-01" and "ms a tick" in names
    assert plain.split() == ["plain", "64", "12.35", "1.00", "31%"]
    assert fast.split() == ["fast", "64", "12.35", "3.00"]
    assert lost.split(maxsplit=2) == ["compiled", "64", "not run: no compiler"]
    assert more == [head.replace("-01-01", "-01-02"), names, plain]


def test_what_lies_in_the_package_can_be_read():
    assert all(told_runs({name: run}) for name, run in gpu_runs(RESULTS).items())
    assert told_steps(gpu_steps(RESULTS))
