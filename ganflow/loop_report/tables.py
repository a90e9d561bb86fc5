"""The tables of a report: what arrived in whom, and what a cycle cost."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ganflow.loop_report.log import Log
from ganflow.loop_report.record import (
    Arrival,
    CostRow,
    LoopCost,
)


def arrivals(log: Log) -> tuple[Arrival, ...]:
    """Say what arrived in whom, line by line, and what became of it.

    Parameters
    ----------
    log : Log
        What an observer wrote down.

    Returns
    -------
    tuple of Arrival
    """
    table = {key: Counter(fates) for key, fates in log.arrivals.items()}
    tensors = Counter(log.tensors)
    for back in log.open.values():
        for player, n in back.arrived.items():
            key = (back.place, player)
            table.setdefault(key, Counter())[back.fate(player) or "left behind"] += 1
            tensors[key] = max(tensors[key], n)
    return tuple(
        Arrival(
            place=place,
            player=player,
            tensors=tensors[place, player],
            of=log.players.get(player, tensors[place, player]),
            times=sum(fates.values()),
            fates=dict(fates),
        )
        for (place, player), fates in sorted(table.items())
    )


def cost_of_cycle(log: Log, cycle: int | None) -> LoopCost:
    """Say what a cycle of the schedule cost.

    Parameters
    ----------
    log : Log
        What an observer wrote down.
    cycle : int or None
        Moves in a cycle; None counts all that was seen.

    Returns
    -------
    LoopCost
    """
    flops: Any = Counter(log.flops)
    wasted: Any = Counter(log.wasted)
    for back in log.open.values():  # their fate is taken to be that of those before
        for (owner, kind, _), n in back.flops.items():
            key = (back.place, owner, kind)
            share = log.wasted[key] / log.flops[key] if log.flops[key] else 0.0
            flops[key] += n
            wasted[key] += n * share
    cycles = log.move_count / cycle if cycle else 1.0
    return LoopCost(
        tuple(
            CostRow(place, owner, kind, n / cycles, wasted[place, owner, kind] / cycles)
            for (place, owner, kind), n in sorted(flops.items())
        )
    )
