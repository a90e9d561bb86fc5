"""Loops, and the list that grows while operators are turned into them.

A view is never computed, and a value that one loop reads is computed in that loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ganflow.live.values import Array, Buffer, Operand, Value, View, expand, views_in

FOLDED = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
NUMBERS = {"f32": np.float32, "f64": np.float64}
# What a derivative or a projection reads, and what it writes.
CALLED = {"derive": ("seen", "slope"), "project": ("proposed", "projected")}


@dataclass(frozen=True)
class Store:
    """Store a value, or its sums over some dimensions, added in float64.

    Parameters
    ----------
    to : View
        Where; of size 1 in these dimensions.
    value : Value or View
        What is stored or summed.
    over : tuple of int, default ()
        The dimensions; none to store each number.
    parts : int, default 1
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


class Loops:
    """The loops so far, and what an operator may ask for.

    Parameters
    ----------
    buffers : dict of Buffer
        Where inputs and outputs are, by their names.
    """

    def __init__(self, buffers: Mapping[str, Buffer]):
        self.made: list[Loop] = []
        self.buffers = buffers
        # Of the operator whose turn it is: what its result is.
        self.shape: tuple[int, ...] = ()
        self.dtype = ""

    def each(self, op: str, *args: Operand, dtype: str = "") -> Array:
        """The value of an operation on each number, of the operator's own type."""
        dtype = dtype or self.dtype
        arrays = [arg for arg in args if isinstance(arg, Value | View)]
        shape = tuple(torch.broadcast_shapes(*(array.shape for array in arrays)))
        kinds = [array.dtype for array in arrays if array.dtype != "mask"]
        kind = dtype if dtype != "mask" else max(kinds, default="f32")
        plain = args[1:] if op == "select" else args
        ready = [self._ready(self.cast(arg, kind), shape, kind) for arg in plain]
        if op == "select":
            ready.insert(0, self._ready(args[0], shape, kind))
        if op in FOLDED and not any(isinstance(arg, Value | View) for arg in ready):
            numbers = [NUMBERS[kind](arg) for arg in ready]
            with np.errstate(all="ignore"):
                return Value("const", (float(FOLDED[op](*numbers)),), shape, dtype)
        return Value(op, tuple(ready), shape, dtype)

    def cast(self, value: Any, dtype: str = "") -> Any:
        """The value as numbers of that type, or of the operator's own."""
        dtype = dtype or self.dtype
        if not isinstance(value, Value | View) or value.dtype == dtype:
            return value
        if value.dtype == "mask":
            return self.each("select", value, 1.0, 0.0, dtype=dtype)
        if isinstance(value, Value) and value.op == "const":
            return Value("const", value.args, value.shape, dtype)
        return Value("cast", (value,), value.shape, dtype)

    def _ready(self, arg: Operand, shape: tuple[int, ...], kind: str) -> Operand:
        """An argument of that shape; one number for many is computed once, before."""
        if not isinstance(arg, Value | View):
            with np.errstate(over="ignore"):
                return float(NUMBERS[kind](arg))
        if isinstance(arg, Value) and arg.op == "const":
            return arg.args[0]
        if isinstance(arg, Value) and math.prod(arg.shape) == 1 < math.prod(shape):
            arg = self.flag(arg) if arg.dtype == "mask" else self.stored(arg)
        return expand(arg, shape)

    def flag(self, mask: Array) -> Array:
        """A condition that was stored as 1 or 0: no stored number is a SIMD mask."""
        number = self.stored(self.cast(mask, "f32"))
        return self.each("ne", number, 0.0, dtype="mask")

    def stored(self, value: Array) -> View:
        """The value where a loop left it."""
        if isinstance(value, View):
            return value
        to = self._temporary(value.shape, value.dtype, _order(value))
        self.made.append(Store(to, value))
        return to

    def filled(
        self,
        shape: Sequence[int],
        dtype: str,
        parts: Sequence[tuple[Sequence[int], Array]],
    ) -> View:
        """New memory whose parts, (offset along each dimension, value), are given."""
        to = self._temporary(shape, dtype)
        for offset, part in parts:
            at = sum(k * step for k, step in zip(offset, to.strides, strict=True))
            self.made.append(Store(to.moved(part.shape, to.strides, at), part))
        return to

    def copied(self, value: Array) -> View:
        """The value row by row in new memory."""
        return self.filled(value.shape, value.dtype, [([0] * len(value.shape), value)])

    def summed(self, value: Array, over: Sequence[int], parts: int = 1) -> View:
        """Its sums over some dimensions, kept with size 1, divided by `parts`."""
        shape = [1 if k in over else size for k, size in enumerate(value.shape)]
        to = self._temporary(shape, value.dtype)
        self.made.append(Store(to, value, tuple(over), parts))
        return to

    def multiplied(self, a: Array, b: Array, bias: View | None = None) -> View:
        """A matrix product, and a row that is added to each of its rows."""
        if a.shape[0] != 1 or {a.dtype, b.dtype} != {"f32"}:
            raise ValueError(
                f"a product of {a.dtype} {a.shape} and {b.dtype} {b.shape}; expected "
                "one product, (1, m, k) by (1, k, n), of float32"
            )
        left, right = self.stored(a), self.stored(b)
        to = self._temporary((1, a.shape[1], b.shape[2]), "f32")
        self.made.append(Product(to, left, right, bias))
        return to

    def results(self, kind: str, player: str) -> list[Buffer]:
        """Where a derivative or a projection of a player writes."""
        found: list[Buffer] = []
        while (name := f"{CALLED[kind][1]} {player}{len(found)}") in self.buffers:
            found.append(self.buffers[name])
        return found

    def called(
        self, kind: str, player: str, given: dict[str, list[Array]]
    ) -> list[View]:
        """The results of a derivative or of a projection, from what it is given."""
        for own, params in given.items():
            for k, value in enumerate(params):
                to = View.of(self.buffers[f"{CALLED[kind][0]} {own}{k}"], value.shape)
                self.made.append(Store(to, value))
        self.made.append(Call(kind, player))
        results = zip(self.results(kind, player), given[player], strict=True)
        return [View.of(buffer, value.shape) for buffer, value in results]

    def _temporary(
        self, shape: Sequence[int], dtype: str, order: Sequence[int] | None = None
    ) -> View:
        """New memory; `order` has its dimensions from the slowest to the fastest."""
        buffer = Buffer(f"temporary {len(self.made)}", dtype, math.prod(shape))
        strides, step = [0] * len(shape), 1
        for k in reversed(order or range(len(shape))):
            strides[k], step = step, step * shape[k]
        return View(buffer, tuple(shape), tuple(strides))


def _order(value: Array) -> list[int]:
    """The dimensions as the first whole view of a value has them, slowest first."""
    dims = range(len(value.shape))
    for view in views_in(value):
        if all(view.strides[k] or value.shape[k] == 1 for k in dims):
            return sorted(dims, key=lambda k: -view.strides[k])
    return list(dims)
