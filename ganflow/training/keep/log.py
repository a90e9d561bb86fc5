"""One line of CSV for each tick, the same however often a run was stopped. Book/08."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from torch import Tensor

from ganflow.training.keep.files import write_whole


def write_log(path: Path, names: Sequence[str], rows: Sequence[Tensor]) -> None:
    """Write the log from its first tick, replacing what is there."""
    write_whole(path, (",".join(("tick", *names)) + "\n").encode() + _lines(rows, 1))


def append_log(path: Path, rows: Sequence[Tensor], first: int) -> None:
    """Add the lines of ticks `first`, `first` + 1, …"""
    with open(path, "ab") as file:
        file.write(_lines(rows, first))


def not_finite(names: Sequence[str], rows: Iterable[Tensor], first: int) -> str | None:
    """The first tick with a value that is NaN or infinite, in words; None without one.

    Parameters
    ----------
    names : of the columns, those of D first: G's fails after them, if it does
    rows : on the CPU, of ticks `first`, `first` + 1, …
    """
    for number, row in enumerate(rows, start=first):
        pairs = zip(names, row.tolist(), strict=True)
        wrong = {name: value for name, value in pairs if not math.isfinite(value)}
        if len(wrong) > 1:
            wrong.pop("loss_G", None)
        if wrong:
            told = " and ".join(f"{name} is {value}" for name, value in wrong.items())
            return f"at tick {number} {told}"
    return None


def _lines(rows: Iterable[Tensor], first: int) -> bytes:
    """Nine digits: as many as tell every float32 from its neighbours."""
    lines = (
        ",".join((str(number), *(f"{value:.9g}" for value in row.tolist())))
        for number, row in enumerate(rows, start=first)
    )
    return "".join(f"{line}\n" for line in lines).encode()
