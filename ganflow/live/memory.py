"""Where in a module's memory its named numbers and its temporary ones are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganflow.live.graph import DTYPES, Named
from ganflow.live.loops import Loop, Product, Store
from ganflow.live.values import Buffer, views_in

FIRST = 16  # byte 0 is no address: a product has no bias there


class Memory:
    """Buffers one behind the other.

    Parameters
    ----------
    start : int
        The first byte, a multiple of 16.
    """

    def __init__(self, start: int = FIRST):
        self.end = start
        self.named: dict[str, Buffer] = {}
        self.at: dict[Buffer, int] = {}

    def add(self, name: str, dtype: str, length: int) -> int:
        """Give a name to the next bytes.

        Parameters
        ----------
        name : str
            A new one.
        dtype : str
            "f32", "f64" or "i32".
        length : int
            >= 1, numbers.

        Returns
        -------
        int
            Their address.

        Raises
        ------
        ValueError
            A name that is taken.
        """
        if name in self.named:
            raise ValueError(f"the memory has the name {name!r} already: take another")
        buffer = Buffer(name, dtype, length)
        self.named[name], self.at[buffer] = buffer, self.end
        self.end += buffer.bytes
        return self.at[buffer]

    def add_all(self, tensors: Named) -> tuple[int, int]:
        """Give names to as many numbers as some tensors have.

        Parameters
        ----------
        tensors : dict of Tensor
            By name.

        Returns
        -------
        tuple (start, end)
            The bytes that they take.
        """
        start = self.end
        for name, tensor in tensors.items():
            self.add(name, DTYPES[tensor.dtype], math.prod(tensor.shape))
        return start, self.end

    def add_one_of(self, groups: Iterable[Named]) -> None:
        """The same bytes for several groups, of which only one is in use.

        Parameters
        ----------
        groups : iterable of dict of Tensor
            By name.
        """
        start, end = self.end, self.end
        for group in groups:
            self.end = start
            end = max(end, self.add_all(group)[1])
        self.end = end

    def described(self) -> dict[str, list[Any]]:
        """Each name with [byte, dtype, length], as JSON has it."""
        return {
            name: [self.at[buffer], buffer.dtype, buffer.length]
            for name, buffer in self.named.items()
        }


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
    last = {buffer: k for k, loop in enumerate(loops) for buffer in _buffers_of(loop)}
    at, free, end = dict(fixed), dict[int, list[int]](), start
    for k, loop in enumerate(loops):
        for buffer in _buffers_of(loop):
            if buffer in at:
                continue
            if free.get(buffer.bytes):
                at[buffer] = free[buffer.bytes].pop()
            else:
                at[buffer], end = end, end + buffer.bytes
        for buffer in dict.fromkeys(_buffers_of(loop)):
            if buffer not in fixed and last[buffer] == k:
                free.setdefault(buffer.bytes, []).append(at[buffer])
    return at, end


def _buffers_of(loop: Loop) -> list[Buffer]:
    """What a loop reads and writes, besides what it calls."""
    if isinstance(loop, Store):
        return [loop.to.buffer, *(view.buffer for view in views_in(loop.value))]
    if isinstance(loop, Product):
        views = (loop.to, loop.a, loop.b, loop.bias)
        return [view.buffer for view in views if view]
    return []
