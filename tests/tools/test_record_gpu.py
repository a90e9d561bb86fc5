"""The recording of GPU runs, tried on a CPU; and how the book tells of them."""

import json
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import pytest
import record_gpu
import tick_cost
import tick_ways
import torch
import train_wgan_gp

from ganflow.records.gpu_runs import (
    NONE,
    RESULTS,
    STEPS,
    gpu_runs,
    gpu_steps,
    told_runs,
    told_steps,
)

TINY = "--device cpu --data digits --size 16 --width 4 --every 2".split()


def options(folder, *words):
    more = ["--work", str(folder / "work"), "--results", str(folder / "results")]
    return [*TINY, *more, *words]


def in_process(command, _seconds):
    """Stands in for `within`: the same command without another Python."""
    program = {"train_wgan_gp": train_wgan_gp, "tick_cost": tick_cost}
    return program[Path(command[0]).stem].main(command[1:])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """All pieces of a tiny run, one in each call but the last."""
    folder = tmp_path_factory.mktemp("gpu")
    words = options(folder, "--ticks", "4")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_gpu, "within", in_process)
        codes = [record_gpu.main([*words, "--pieces", "1"]) for _ in range(2)]
        assert codes == [75, 75] and record_gpu.main(words) == 0
    return folder / "results"


def test_all_pieces_come_to_be_recorded(recorded):
    runs = gpu_runs(recorded)
    assert list(runs) == ["gan", "wgan-gp"]
    assert all(len(run.series["loss_G"]) == 4 for run in runs.values())
    assert {row["way"] for row in gpu_steps(recorded)} == {*tick_ways.WAYS}


def test_what_is_recorded_is_not_run_again(recorded, monkeypatch):
    monkeypatch.setattr(record_gpu, "run_piece", pytest.fail)
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
    assert record_gpu.run_piece("gan", made) is False
    checkpoint = torch.load(tmp_path / "work/gan/checkpoint.pt", weights_only=True)
    assert 0 < checkpoint["tick"] < 30 and gpu_runs(tmp_path / "results") == {}
    monkeypatch.setattr(record_gpu, "within", in_process)
    assert record_gpu.run_piece("gan", made) is True
    run = gpu_runs(tmp_path / "results")["gan"]
    assert len(run.series["loss_G"]) == 30


LONG = "import time; print('here', flush=True); time.sleep(60)"
SAVES = "import signal; signal.signal(15, lambda *_: exit(143)); " + LONG


@pytest.mark.parametrize(
    ("program", "code"), [(LONG, record_gpu.ENDED), (SAVES, record_gpu.SAVED)]
)
def test_the_clock_asks_a_command_to_stop(program, code):
    begun = perf_counter()
    assert record_gpu.within(["-c", program], 3.0) == code
    assert perf_counter() - begun < 30


@pytest.mark.parametrize("code", [record_gpu.ENDED, record_gpu.SAVED])
@pytest.mark.parametrize("piece", ["gan", "steps"])
def test_a_piece_that_gets_nowhere_is_not_tried_for_ever(
    piece, code, tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr(record_gpu, "within", lambda _command, _seconds: code)
    monkeypatch.setattr(record_gpu, "pieces_left", lambda _options: [piece])
    assert record_gpu.main(options(tmp_path, "--minutes", "0.01")) == 1
    assert "0.01 minutes are too few" in capfd.readouterr().err


def test_a_command_finds_the_package_and_its_code_is_returned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = "import ganflow; exit(7)"
    assert record_gpu.within(["-c", program], 60) == 7


def test_a_command_that_fails_ends_it(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(record_gpu, "within", in_process)
    words = options(tmp_path, "--data", str(tmp_path / "none"))
    assert record_gpu.main(words) == 1
    assert "train_wgan_gp.py ended with 1: see above" in capfd.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_without_a_gpu_it_says_so_in_one_line(capsys):
    assert record_gpu.main([]) == 1
    told = capsys.readouterr().err
    assert told == "record_gpu: torch sees no CUDA device here\n"


@pytest.mark.parametrize("compiler", ["/usr/bin/gcc", None])
def test_on_a_gpu_trainings_take_graphs_and_timings_what_is_there(
    compiler, monkeypatch
):
    monkeypatch.setattr(record_gpu.shutil, "which", lambda _name: compiler)
    made = record_gpu.parser().parse_args([])
    assert "--graphs" in record_gpu.training("gan", made)
    assert ("--compile" in record_gpu.timings(made)) == (compiler is not None)
    assert made.minutes < 10


def test_nothing_recorded_is_told_in_words(tmp_path):
    assert gpu_runs(tmp_path) == {} and gpu_steps(tmp_path) == []
    assert told_runs({}) == told_steps([]) == NONE


def test_a_recorded_run_is_told_with_where_it_comes_from(recorded):
    where = {"seconds": 99.6, "device": "A GPU", "torch": "2.11", "seed": 3}
    where |= {"commit": "abc", "date": "2026-01-01", "command": "train --data flowers"}
    settings = {"critic_steps": 5, "data": "flowers", "size": 64}
    run = replace(gpu_runs(recorded)["gan"], provenance=where, settings=settings)
    told = told_runs({"wgan-gp": run})
    assert told.startswith("wgan-gp: 4 ticks of 5 critic steps on flowers at 64x64")
    for words in ("in 100 s", "A GPU, torch 2.11, seed 3", "commit abc", "--data flow"):
        assert words in told


def test_the_steps_are_told_as_a_table(tmp_path):
    row = {"device": "A GPU", "torch": "2.11", "date": "2026-01-01", "way": "plain"}
    row |= {"size": 64, "ms": 12.345, "times": 1.0, "share": 0.314}
    (tmp_path / STEPS).write_text(json.dumps([row, row | {"way": "fast", "times": 3}]))
    head, names, plain, fast = told_steps(gpu_steps(tmp_path)).splitlines()
    assert head == "A GPU, torch 2.11, 2026-01-01" and "ms a tick" in names
    assert plain.split() == ["plain", "64", "12.35", "1.00", "31%"]
    assert fast.split()[-2:] == ["3.00", "31%"] and len(fast) == len(names)


def test_what_lies_in_the_package_can_be_read():
    assert all(told_runs({name: run}) for name, run in gpu_runs(RESULTS).items())
    assert told_steps(gpu_steps(RESULTS))


def test_a_piece_that_does_not_stop_when_asked_is_ended(monkeypatch):
    monkeypatch.setattr(record_gpu, "GRACE", 0.5)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "time.sleep(300)"
    )
    assert record_gpu.within(["-c", deaf], 10) == -signal.SIGKILL
