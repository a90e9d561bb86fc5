"""The kinds of loops, and where their temporary numbers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ganflow.live.values import Array, Buffer, View, views_in


@dataclass(frozen=True)
class Store:
    """Store a value, or its sums over some dimensions, added in float64.

    Parameters
    ----------
    to : View
        Where; of size 1 in these dimensions.
    value : Value or View
        What is stored or summed.
    over : tuple of int
        The dimensions; none to store each number.
    parts : int
        What a sum is divided by: 1, or how many numbers a mean is of.
    """

    to: View
    value: Array
    over: tuple[int, ...] = ()
    parts: int = 1


@dataclass(frozen=True)
class Product:
    """Store a matrix product in float32, with a row added to each of its rows.

    Parameters
    ----------
    to : View (1, m, n)
        Where, row by row.
    a : View (1, m, k)
        Left.
    b : View (1, k, n)
        Right.
    bias : View (1, m, n) or None
        One row, repeated.
    """

    to: View
    a: View
    b: View
    bias: View | None


@dataclass(frozen=True)
class Call:
    """Compute a derivative or a projection that is not part of this program.

    Parameters
    ----------
    kind : str
        "derive" or "project".
    player : str
        "G" or "D".
    """

    kind: str
    player: str


Loop = Store | Product | Call


def buffers_of(loop: Loop) -> list[Buffer]:
    """What a loop reads and writes, besides what it calls.

    Parameters
    ----------
    loop : Store, Product or Call
        Of a program.

    Returns
    -------
    list of Buffer
    """
    if isinstance(loop, Store):
        return [loop.to.buffer, *(view.buffer for view in views_in(loop.value))]
    if isinstance(loop, Product):
        views = (loop.to, loop.a, loop.b, loop.bias)
        return [view.buffer for view in views if view]
    return []


def placed(
    loops: Sequence[Loop], fixed: Mapping[Buffer, int], start: int
) -> tuple[dict[Buffer, int], int]:
    """Give each temporary buffer an address, and one that is dead to the next.

    Parameters
    ----------
    loops : sequence of Store, Product or Call
        Of one program.
    fixed : dict of int
        The addresses that are given.
    start : int
        The first byte for temporaries, a multiple of 16.

    Returns
    -------
    tuple (addresses, end)
        Of all buffers, and the first byte behind them.
    """
    last = {buffer: k for k, loop in enumerate(loops) for buffer in buffers_of(loop)}
    at, free, end = dict(fixed), dict[int, list[int]](), start
    for k, loop in enumerate(loops):
        for buffer in buffers_of(loop):
            if buffer in at:
                continue
            if free.get(buffer.bytes):
                at[buffer] = free[buffer.bytes].pop()
            else:
                at[buffer], end = end, end + buffer.bytes
        for buffer in dict.fromkeys(buffers_of(loop)):
            if buffer not in fixed and last[buffer] == k:
                free.setdefault(buffer.bytes, []).append(at[buffer])
    return at, end
