"""Print what a tick of WGAN-GP takes, plain and fast, as ratios of one process.

`.venv/bin/python tools/bench_step.py`, or, with nothing but torch installed,
`PYTHONPATH=. python3 tools/bench_step.py`. A tick is five moves of D, each on a batch
of its own and with a penalty, and one of G. The ways take turns; each round compares
its ways with its own plain one; shown are the medians over rounds. "of peak" is the
tick's arithmetic per second as a share of this process's fastest product or convolution
in that precision. With TensorFlow installed D's gradients are timed there too.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter, process_time

import torch
from bench_ways import COMPILED, GPU_COMPILED, GPU_WAYS, WAYS, Way, prepare

from ganflow.cost.flops import Flops
from ganflow.training import tick
from ganflow.training.keep.provenance import provenance
from ganflow.training.moves.fast import move_D
from ganflow.training.updates import multiplying


@dataclass(frozen=True)
class Spent:
    """Seconds of one tick: by the clock, and of the processor's cores together."""

    clock: float
    processor: float


def spent(step: Callable[[], object], device: torch.device, repeat: int) -> Spent:
    """What one step takes, as a mean over a few in a row."""
    clock, processor = perf_counter(), process_time()
    for _ in range(repeat):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize()
    took = perf_counter() - clock, process_time() - processor
    return Spent(*(seconds / repeat for seconds in took))


def rounds_of(
    ways: dict[str, Way], device: torch.device, rounds: int, repeat: int
) -> dict[str, list[Spent]]:
    """Let the ways take turns; the first round warms up and is left out."""
    taken: dict[str, list[Spent]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            with multiplying(way.run.settings):
                seen = spent(way.tick, device, repeat if number else 1)
            if number:
                taken[name].append(seen)
    return taken


def flops(way: Way) -> int:
    """Of one tick: products and convolutions, whatever plays them."""
    with Flops() as counter:
        tick(way.run)
    return counter.total


def peak(device: torch.device, precision: str) -> float:
    """The most FLOPs per second of a large product and of a convolution."""
    side = 8192 if device.type == "cuda" else 1024
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    make = partial(torch.randn, device=device, dtype=kind)
    square, x, w = make(side, side), make(side // 64, 256, 16, 16), make(512, 256, 4, 4)
    best = 0.0
    for step in (lambda: square @ square, lambda: torch.conv2d(x, w, None, 2, 1)):
        with Flops() as counter:
            step()
        fastest = min(spent(step, device, 2).clock for _ in range(3))
        best = max(best, counter.total / fastest)
    return best


def measure(
    device: torch.device, size: int, options: argparse.Namespace
) -> Iterator[dict]:
    """A row for each way on this device, at this size."""
    cuda = device.type == "cuda"
    names = [*WAYS, *(GPU_WAYS if cuda else ())]
    if options.compile:
        names += [*COMPILED, *(GPU_COMPILED if cuda else ())]
    ways = {name: prepare(name, device, size, options) for name in names}
    taken = rounds_of(ways, device, options.rounds, options.repeat or 1 + 9 * cuda)
    peaks: dict[str, float] = {}
    where = provenance(device)
    for name, way in ways.items():
        settings = way.run.settings
        if settings.precision not in peaks:
            with multiplying(settings):
                peaks[settings.precision] = peak(device, settings.precision)
        clock = median(seen.clock for seen in taken[name])
        work = flops(way)
        yield where | {
            "way": name,
            "size": size,
            "ms": 1e3 * clock,
            "times": _times(taken["plain"], taken[name], "clock"),
            "processor": _times(taken["plain"], taken[name], "processor"),
            "gflop": work / 1e9,
            "share": work / clock / peaks[settings.precision],
            "peak": peaks[settings.precision],
        }


def _times(plain: list[Spent], own: list[Spent], kind: str) -> float:
    """How often faster than the plain way, round by round; the median."""
    pairs = zip(plain, own, strict=True)
    return median(getattr(a, kind) / getattr(b, kind) for a, b in pairs)


def in_tensorflow(size: int, options: argparse.Namespace) -> str:
    """One line: D's gradients in TensorFlow against torch's, on the CPU."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from bench_tf import gradients_tf, tf  # TensorFlow, after torch

    for pool in ("intra", "inter"):  # no more threads than torch has
        limit = getattr(tf.config.threading, f"set_{pool}_op_parallelism_threads")
        limit(torch.get_num_threads())
    cpu = torch.device("cpu")
    way = prepare("plain", cpu, size, options)
    x, z = way.run.images[: options.batch], torch.randn(options.batch, 100)
    with torch.no_grad():
        x_fake, mix = way.run.make(z), torch.rand(options.batch)
    of_tf = gradients_tf(way.run.D, x, x_fake, mix)
    of_torch = partial(move_D, way.run, x, z, mix)
    of_tf(), of_torch()
    pairs = [
        (spent(of_torch, cpu, 1).clock, spent(of_tf, cpu, 1).clock)
        for _ in range(options.rounds)
    ]
    ratio = median(torch_ / tf for torch_, tf in pairs)
    return (
        f"D's gradients in TensorFlow: {ratio:.2f} times as fast as torch's move of D"
    )


def shown(row: dict) -> str:
    """A row as text."""
    return (
        f"{row['way']:28}{row['ms']:10.2f}{row['times']:8.2f}{row['processor']:11.2f}"
        f"{row['gflop']:9.1f}{row['share']:9.0%}"
    )


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    made.add_argument("--sizes", type=int, nargs="+", default=[32, 64])
    for name, default in (("--batch", 64), ("--width", 64), ("--rounds", 7)):
        made.add_argument(name, type=int, default=default)
    made.add_argument("--repeat", type=int, help="ticks in a row; 10 on a GPU, else 1")
    made.add_argument("--device", choices=("cpu", "cuda"), help="both, if not given")
    made.add_argument(
        "--compile", action="store_true", help="also torch.compile; needs a C compiler"
    )
    made.add_argument("--no-tensorflow", dest="tensorflow", action="store_false")
    made.set_defaults(tensorflow=importlib.util.find_spec("tensorflow") is not None)
    made.add_argument("--json", metavar="FILE", help="write the rows there too")
    return made


def main(words: list[str] | None = None) -> int:
    """Measure with the options of the command line, on every device that there is."""
    options = parser().parse_args(words)
    found = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    if options.device == "cuda" and "cuda" not in found:
        print("bench_step: torch sees no CUDA device here", file=sys.stderr)
        return 1
    rows, told = [], f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    for name in (options.device,) if options.device else found:
        for size in options.sizes:
            print(f"\n{name}: {size}x{size}, batch {options.batch}, {told}")
            print(f"{'':28}{'ms a tick':>10}   times  processor    GFLOP  of peak")
            for row in measure(torch.device(name), size, options):
                rows.append(row)
                print(shown(row), flush=True)
            if name == "cpu" and options.tensorflow:
                print(in_tensorflow(size, options))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
