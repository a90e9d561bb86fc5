"""Record trainings and timings on a GPU, for the book to show: `make gpu`.

`.venv/bin/python tools/record_gpu.py`; where torch is installed otherwise, with numpy,
Pillow, tqdm and matplotlib, `PYTHONPATH=. python3 tools/record_gpu.py`. It goes in
pieces of at most --minutes: a training that is not done by then is stopped, saved, and
gone on with in the next piece; what is recorded already is left as it is. So one may
end it at any time and call it again. Flowers are fetched, or read from the folder that
GANFLOW_DATA names, or --data is a folder of other images.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch

from ganflow.records.gpu_runs import RESULTS, STEPS
from ganflow.training.keep.checkpoint import write_whole

TOOLS = Path(__file__).parent
BENCH = TOOLS.parent / "bench"
RUNS = ("wgan-gp", "gan")
SNAPSHOTS = 6  # their pictures take most of a record's bytes


def pieces_left(options: argparse.Namespace) -> list[str]:
    """What is not recorded yet: trainings by name, then the timings."""
    files = {name: options.results / f"gpu_{name}.npz" for name in RUNS}
    files["steps"] = options.results / STEPS
    return [name for name, path in files.items() if not path.exists()]


def training(name: str, options: argparse.Namespace) -> list[str]:
    """The command of a training, the same for its first piece and the others."""
    words = {"loss": name, "data": options.data, "size": options.size}
    words |= {"ticks": options.ticks, "device": options.device}
    words |= {"out": options.work / name, "every": options.every}
    words |= {"snapshots": SNAPSHOTS}
    if options.width:
        words["width"] = options.width
    cuda = ["--precision", "tf32", "--graphs"] if options.device == "cuda" else []
    given = [word for k, v in words.items() for word in (f"--{k}", str(v))]
    return [str(TOOLS / "train_wgan_gp.py"), *given, *cuda, "--resume", "--quiet"]


def timings(options: argparse.Namespace) -> list[str]:
    """The command of the timings, which end well within a piece."""
    words = ["--device", options.device, "--rounds", "5"]
    words += [
        "--sizes",
        *(("32", "64") if options.size == 64 else (str(options.size),)),
    ]
    if options.width:
        words += ["--width", str(options.width), "--batch", "8"]
    if options.device == "cuda" and any(map(shutil.which, ("cc", "gcc", "clang"))):
        words.append("--compile")  # which writes C, for Python to launch its kernels
    return [str(BENCH / "tick_cost.py"), *words, "--json", str(options.work / STEPS)]


def run_piece(name: str, options: argparse.Namespace) -> bool:
    """Do one piece.

    Returns
    -------
    bool : whether its result is recorded; if not, the next piece goes on with it

    Raises
    ------
    RuntimeError : the command failed; what it said stands above.
    """
    options.work.mkdir(parents=True, exist_ok=True)
    options.results.mkdir(parents=True, exist_ok=True)
    steps = name == "steps"
    command = timings(options) if steps else training(name, options)
    code = within(command, 60 * options.minutes)
    if code == 0:
        made = options.work / (STEPS if steps else Path(name) / "run.npz")
        kept = options.results / (STEPS if steps else f"gpu_{name}.npz")
        write_whole(kept, made.read_bytes())
        return True
    if code == SAVED and (options.work / name / "checkpoint.pt").exists():
        return False
    if code in (SAVED, ENDED):
        what = "for the timings" if steps else "for a training to start"
        raise RuntimeError(
            f"{options.minutes:g} minutes are too few {what}: give --minutes more"
        )
    raise RuntimeError(f"{Path(command[0]).name} ended with {code}: see above")


SAVED = 143  # 128 + SIGTERM, as the trainer returns when it is asked to stop
GRACE = 60.0  # seconds to save in; then the piece is ended
ENDED = -15  # by SIGTERM, as a program is that has no answer to it, or not yet


def within(command: list[str], seconds: float) -> int:
    """Run a Python command, ask it to stop after so long, and return its code."""
    paths = filter(None, (str(TOOLS.parent), os.environ.get("PYTHONPATH")))
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen([sys.executable, *command], env=env)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
    try:
        return process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
    except BaseException:  # Ctrl-C reached the trainer too: let it save
        process.wait()
        raise


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
    add("--minutes", type=float, default=9.0, help="of a piece, at most")
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
    count = 0
    while left := pieces_left(options):
        if options.pieces is not None and count >= options.pieces:
            print(f"left for the next call: {', '.join(left)}")
            return 75
        count += 1
        try:
            done = run_piece(left[0], options)
        except RuntimeError as error:
            print(f"record_gpu: {error}", file=sys.stderr)
            return 1
        print(f"{left[0]}: {'recorded' if done else 'saved, to be gone on with'}")
    print(f"all is recorded in {options.results}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
