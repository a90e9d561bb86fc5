"""Time several ways by turns, so that what slows the machine slows all of them.

Compare within a round, and take the median over rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter, process_time

import torch


@dataclass(frozen=True)
class Spent:
    """Seconds of one step: by the clock, and of the processor's cores together."""

    clock: float
    processor: float


def spent(step: Callable[[], object], repeat: int = 1) -> Spent:
    """What one step takes, as a mean over a few in a row."""
    clock, processor = perf_counter(), process_time()
    for _ in range(repeat):
        step()
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    took = perf_counter() - clock, process_time() - processor
    return Spent(*(seconds / repeat for seconds in took))


def rounds_of(
    steps: Mapping[str, Callable[[], object]], rounds: int, repeat: int
) -> dict[str, list[Spent]]:
    """What each step takes in each round; a first one warms up and is left out."""
    for step in steps.values():
        spent(step)
    taken: dict[str, list[Spent]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            taken[name].append(spent(step, repeat))
    return taken


def ratios(own: list[Spent], other: list[Spent], kind: str) -> list[float]:
    """Own seconds as a share of the other way's, round by round.

    Parameters
    ----------
    kind : "clock" or "processor"
    """
    pairs = zip(own, other, strict=True)
    return [getattr(a, kind) / getattr(b, kind) for a, b in pairs]
