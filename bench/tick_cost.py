"""Print what a tick of WGAN-GP takes, plain and fast, as ratios of one process.

`.venv/bin/python bench/tick_cost.py`, or, with nothing but torch installed,
`PYTHONPATH=. python3 bench/tick_cost.py`. A tick is five moves of D, each on a batch
of its own and with a penalty, and one of G. The ways take turns; each round compares
its ways with its own plain one; shown are the medians over rounds. "of peak" is the
tick's arithmetic per second as a share of this process's fastest product or convolution
in that precision. A way that fails here is named as not run, with the reason; only a
plain tick that fails ends it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from statistics import median

import torch
from rounds import ratios, rounds_of, spent
from tick_ways import GROUPS, Way, names, prepare

from ganflow.cost.flops import Flops
from ganflow.training import tick
from ganflow.training.keep.provenance import provenance
from ganflow.training.precision import HALF
from ganflow.training.updates import cuda_precision

HEAD = f"{'':28} ms a tick   times  processor    GFLOP  of peak  MiB (GPU)"


def flops(way: Way) -> int:
    """Of one tick: products and convolutions, whatever plays them."""
    with Flops() as counter:
        tick(way.run)
    return counter.total


def memory(way: Way) -> int | None:
    """Bytes of a GPU that a tick takes beside what lies there before; None on a CPU."""
    if way.run.device.type != "cuda":
        return None
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    way.tick().cpu()
    return torch.cuda.max_memory_allocated() - before


def peak(device: torch.device, precision: str) -> float:
    """The most FLOPs per second of a large product and of a convolution."""
    side = 8192 if device.type == "cuda" else 1024
    kind = HALF.get(precision, torch.float32)
    make = partial(torch.randn, device=device, dtype=kind)
    square, x, w = make(side, side), make(side // 64, 256, 16, 16), make(512, 256, 4, 4)
    last = [each.contiguous(memory_format=torch.channels_last) for each in (x, w)]
    steps = (
        lambda: square @ square,
        lambda: torch.conv2d(x, w, None, 2, 1),
        lambda: torch.conv2d(*last, None, 2, 1),  # as the fast ticks have them
    )
    best = 0.0
    for step in steps:
        with Flops() as counter:
            step()
        fastest = min(spent(step, 2).clock for _ in range(3))
        best = max(best, counter.total / fastest)
    return best


def measure(
    device: torch.device, size: int, options: argparse.Namespace
) -> Iterator[dict]:
    """A row for each way on this device, at this size; those that failed come last."""
    where = provenance(device) | {"size": size}
    ways, failed = begun(device, size, options)
    steps = {name: way.tick for name, way in ways.items()}
    repeat = options.repeat or (10 if device.type == "cuda" else 1)
    taken = rounds_of(steps, options.rounds, repeat)
    peaks: dict[str, float] = {}
    for name, way in ways.items():
        settings = way.run.settings
        if settings.precision not in peaks:
            with cuda_precision(settings):
                peaks[settings.precision] = peak(device, settings.precision)
        clock = median(seen.clock for seen in taken[name])
        work = flops(way)
        yield where | {
            "way": name,
            "precision": way.precision.name,
            "why": way.precision.why,
            "ms": 1e3 * clock,
            "times": median(ratios(taken["plain"], taken[name], "clock")),
            "processor": median(ratios(taken["plain"], taken[name], "processor")),
            "gflop": work / 1e9,
            "memory": memory(way),
            "share": work / clock / peaks[settings.precision],
            "peak": peaks[settings.precision],
        }
    for name, reason in failed.items():
        yield where | {"way": name, "not_run": reason}


def begun(
    device: torch.device, size: int, options: argparse.Namespace
) -> tuple[dict[str, Way], dict[str, str]]:
    """The ways after a tick each; and why some could not take theirs, by name."""
    ways, failed = {}, {}
    for name in names(options.ways, device):
        try:
            way = prepare(name, device, size, options)
            way.tick().cpu()
        except RuntimeError as error:  # of a compiler, of memory, of a recording
            if name == "plain":
                raise
            failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            ways[name] = way
    return ways, failed


def shown(row: dict) -> str:
    """A row as text."""
    if "not_run" in row:
        return f"{row['way']:28}   not run: {row['not_run']}"
    held = "" if row["memory"] is None else f"{row['memory'] / 2**20:9.0f}"
    return (
        f"{row['way']:28}{row['ms']:10.2f}{row['times']:8.2f}{row['processor']:11.2f}"
        f"{row['gflop']:9.1f}{row['share']:9.0%}{held}"
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
        "--ways", choices=GROUPS, default="eager", help="compiled needs a C compiler"
    )
    made.add_argument("--json", metavar="FILE", help="write the rows there too")
    return made


def main(words: list[str] | None = None) -> int:
    """Measure with the options of the command line, on every device that there is."""
    options = parser().parse_args(words)
    found = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)
    if options.device == "cuda" and "cuda" not in found:
        print("tick_cost: torch sees no CUDA device here", file=sys.stderr)
        return 1
    rows, told = [], f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    for name in (options.device,) if options.device else found:
        for size in options.sizes:
            print(f"\n{name}: {size}x{size}, batch {options.batch}, {told}")
            print(HEAD)
            for row in measure(torch.device(name), size, options):
                rows.append(row)
                print(shown(row), flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
