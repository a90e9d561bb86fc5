"""Record trainings and timings on a GPU, for the book to show: `make gpu`.

`.venv/bin/python tools/record_gpu.py`; where torch is installed otherwise, with numpy,
Pillow, tqdm and matplotlib, `PYTHONPATH=. python3 tools/record_gpu.py`. It goes in
pieces, the most telling first, none of which takes longer than --minutes: a training
that is not done by then is stopped, saved, and gone on with in the next piece; what is
recorded already is left as it is. So one may end it at any time, by Ctrl-C or SIGTERM,
and call it again. A piece that fails, or cannot run here, is named and the others go
on. Flowers are fetched, or read from the folder that GANFLOW_DATA names, or --data is
a folder of other images.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

from ganflow.records.gpu_runs import RESULTS, gpu_runs, gpu_steps, told_runs, told_steps
from ganflow.training.keep.checkpoint import NAME, write_whole

TOOLS = Path(__file__).parent
BENCH = TOOLS.parent / "bench"
SNAPSHOTS = 6  # their pictures take most of a record's bytes


@dataclass(frozen=True)
class Piece:
    """A command, and the file that it makes.

    Attributes
    ----------
    name : str
        As the messages call it.
    command : list of str
        Words for Python.
    made : Path
        What the command writes when it is done.
    kept : Path
        Where that is recorded.
    lacks : str
        What this machine does not have for it, in words; empty if it can run.
    """

    name: str
    command: list[str]
    made: Path
    kept: Path
    lacks: str = ""


def pieces(options: argparse.Namespace) -> list[Piece]:
    """All pieces, the most telling first."""
    compiler = any(map(shutil.which, ("cc", "gcc", "clang")))
    lacks = {
        "eager": "",
        "compiled": "" if compiler else "C compiler",
        "tensorflow": "" if importlib.util.find_spec("tensorflow") else "TensorFlow",
    }
    sizes = (64, 32) if options.size == 64 else (options.size,)
    times = {
        group: [timing(group, size, options, lacks[group]) for size in sizes]
        for group in lacks
    }
    runs = [training(loss, options) for loss in ("wgan-gp", "gan")]
    return [*times["eager"], *runs, *times["compiled"], *times["tensorflow"]]


def training(loss: str, options: argparse.Namespace) -> Piece:
    """A training; its command is the same for its first piece and the others."""
    words = {"loss": loss, "data": options.data, "size": options.size}
    words |= {"ticks": options.ticks, "device": options.device}
    words |= {"out": options.work / loss, "every": options.every}
    words |= {"snapshots": SNAPSHOTS}
    if options.width:
        words["width"] = options.width
    cuda = ["--precision", "auto", "--graphs"] if options.device == "cuda" else []
    given = [word for k, v in words.items() for word in (f"--{k}", str(v))]
    made, kept = words["out"] / "run.npz", options.results / f"gpu_{loss}.npz"
    program = str(TOOLS / "train_wgan_gp.py")
    return Piece(loss, [program, *given, *cuda, "--resume", "--quiet"], made, kept)


def timing(group: str, size: int, options: argparse.Namespace, lacks: str) -> Piece:
    """The timing of a group of ways at one size."""
    name = f"{group}_{size}"
    made = options.work / f"{name}.json"
    words = ["--ways", group, "--sizes", str(size), "--device", options.device]
    words += ["--rounds", "5", "--json", str(made)]
    if options.width:
        words += ["--width", str(options.width), "--batch", "8"]
    kept = options.results / f"gpu_{name}.json"
    return Piece(name, [str(BENCH / "tick_cost.py"), *words], made, kept, lacks)


def run_piece(piece: Piece, options: argparse.Namespace) -> bool:
    """Do one piece.

    Returns
    -------
    bool : whether its result is recorded; if not, the next piece goes on with it

    Raises
    ------
    RuntimeError : the command failed, and what it said stands above; or it did not
        come a tick further.
    """
    options.work.mkdir(parents=True, exist_ok=True)
    options.results.mkdir(parents=True, exist_ok=True)
    checkpoint = piece.made.with_name(NAME)
    before = stamp(checkpoint)
    code = within(piece.command, 60 * options.minutes)
    if code == 0:
        write_whole(piece.kept, piece.made.read_bytes())
        return True
    if code == SAVED and stamp(checkpoint) != before:
        return False
    if code in (SAVED, ENDED, KILLED):
        raise RuntimeError(f"{options.minutes:g} minutes are too few: give --minutes")
    raise RuntimeError(f"{Path(piece.command[0]).name} ended with {code}: see above")


def stamp(path: Path) -> int:
    """When a file was written, in nanoseconds; 0 if there is none."""
    return path.stat().st_mtime_ns if path.exists() else 0


GRACE = 60.0  # seconds of a piece that are left to save in
SAVED = 128 + signal.SIGTERM  # as the trainer returns when it is asked to stop
ENDED = -signal.SIGTERM  # a program that has no answer to that, or not yet
KILLED = -signal.SIGKILL  # one that did not stop


def within(command: list[str], seconds: float) -> int:
    """Run a Python command for at most so long, and return its code.

    It is asked to stop while there is time left to save, and killed when there is none.
    """
    grace = min(GRACE, seconds / 2)
    paths = filter(None, (str(TOOLS.parent), os.environ.get("PYTHONPATH")))
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    words = [sys.executable, *command]
    # In a group of its own, so that what it starts can be ended with it.
    with subprocess.Popen(words, env=env, start_new_session=True) as process:
        try:
            return process.wait(seconds - grace)
        except subprocess.TimeoutExpired:
            return end(process, grace)
        except BaseException:  # Ctrl-C or SIGTERM came here: let it save all the same
            end(process, grace)
            raise


def end(process: subprocess.Popen, grace: float) -> int:
    """Ask a program to stop; kill what is left of its group after `grace` seconds."""
    process.terminate()
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        print(f"record_gpu: not stopped within {grace:.0f} s, so killed")
    finally:
        with contextlib.suppress(ProcessLookupError):  # nothing is left
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def parser() -> argparse.ArgumentParser:
    """The options; their defaults are the run that the book shows."""
    made = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = made.add_argument
    add("--device", choices=("cuda", "cpu"), default="cuda", help="cpu to try it out")
    add("--data", default="flowers", help="or a folder of images")
    add("--size", type=int, choices=(16, 32, 64), default=64)
    add("--ticks", type=int, default=10_000, help="moves of G in each training")
    add("--every", type=int, default=500, help="ticks between checkpoints")
    add("--width", type=int, help="of the networks; the recipe's, if not given")
    add("--minutes", type=float, default=9.0, help="of a piece, saving included")
    add("--pieces", type=int, help="stop after so many; all, if not given")
    add("--work", type=Path, default=Path("_build/gpu"), help="for checkpoints")
    add("--results", type=Path, default=RESULTS)
    return made


def main(words: list[str] | None = None) -> int:
    """Record what is missing; 0: all is there, 1: an error, 75: more is left."""
    options = parser().parse_args(words)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("record_gpu: torch sees no CUDA device here", file=sys.stderr)
        return 1
    before = signal.signal(signal.SIGTERM, stop)
    try:
        return record(options)
    except KeyboardInterrupt:
        print("stopped; the same command goes on")
        return 130
    finally:
        signal.signal(signal.SIGTERM, before)


def stop(number: int, _frame: object) -> NoReturn:
    """Leave as Ctrl-C does, so that the piece under way saves."""
    raise SystemExit(128 + number)


def record(options: argparse.Namespace) -> int:
    """Do piece after piece, and tell what came of them; returns as `main`."""
    failed: set[str] = set()
    count = 0
    while left := [
        piece
        for piece in pieces(options)
        if not (piece.kept.exists() or piece.lacks or piece.name in failed)
    ]:
        if options.pieces is not None and count >= options.pieces:
            print(f"left for the next call: {', '.join(piece.name for piece in left)}")
            return 75
        count += 1
        piece = left[0]
        try:
            done = run_piece(piece, options)
        except RuntimeError as error:
            failed.add(piece.name)
            print(f"record_gpu: {piece.name}: {error}", file=sys.stderr)
        else:
            what = "recorded" if done else "saved, to be gone on with"
            print(f"{piece.name}: {what}", flush=True)
    for piece in pieces(options):
        if piece.lacks and not piece.kept.exists():
            print(f"{piece.name}: not run, this machine has no {piece.lacks}")
    print(told_runs(gpu_runs(options.results)))
    print(told_steps(gpu_steps(options.results)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
