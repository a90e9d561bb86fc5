"""A trace to loops: maps, sums, products, and calls of derivatives and projections.

A view is never computed, and a value that one loop reads is computed in that loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from ganflow.live.graph import Node, Trace
from ganflow.live.kinds import Call, Loop, Product, Store
from ganflow.live.needs import name_of, needs_of
from ganflow.live.operators import CONSTANTS, OPERATORS
from ganflow.live.values import Array, Buffer, Operand, Value, View, expand, views_in

FOLDED = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide}
# Arguments that the shape and the dtype of the result say already, or that say nothing.
WHERE_AND_HOW = {"dtype", "layout", "device", "pin_memory", "memory_format"}
NUMBERS = {"f32": np.float32, "f64": np.float64}


def loops_of(trace: Trace, buffers: Mapping[str, Buffer]) -> list[Loop]:
    """Turn a trace into loops, in the order in which they must run.

    Parameters
    ----------
    trace : Trace
        What is to be computed.
    buffers : dict of Buffer
        Where inputs and outputs are, by their names; for the calls of a move also
        `seen G0`..., `slope G0`..., `proposed D0`..., `projected D0`...

    Returns
    -------
    list of Store, Product or Call

    Raises
    ------
    ValueError
        An operator that has no loop, a tensor that the trace captured, a value that
        is read after it was written over.
    """
    return _Translation(trace, buffers).loops


class _Translation:
    """One translation: what each node is by now, and the loops so far."""

    def __init__(self, trace: Trace, buffers: Mapping[str, Buffer]):
        self.loops: list[Loop] = []
        self._buffers = buffers
        self._values: dict[Node, Any] = {}
        needs = needs_of(trace)
        self._same, self._readers = needs.same, needs.readers
        inputs = dict(zip(trace.nodes, trace.inputs, strict=False))
        for self._now in needs.nodes:
            node = self._now
            if node.name == "input":
                self._values[node] = View.of(buffers[inputs[node]], node.shape)
            elif node.name == "output":
                for name, value in zip(trace.outputs, self._args(node)[0], strict=True):
                    to = View.of(buffers[name], value.shape)
                    self.loops.append(Store(to, value))
            else:
                self._values[node] = self._made(node)

    def _made(self, node: Node) -> Any:
        name = name_of(node)
        if name not in OPERATORS:
            raise ValueError(
                f"there is no loop for the operator {name}: write the loss, penalty or "
                "rule with other operators, or add it to ganflow.live.operators"
            )
        kwargs = {k: v for k, v in node.kwargs.items() if k not in WHERE_AND_HOW}
        if set(kwargs) - {"alpha"}:
            raise ValueError(
                f"there is no loop for the operator {name} with {kwargs}: write the "
                "loss, penalty or rule without"
            )
        made = OPERATORS[name](self, node, *self._args(node), **kwargs)
        shared = len(self._readers[node]) > 1
        if isinstance(made, Value) and shared and made.dtype != "mask":
            return self.stored(made) if any(views_in(made)) else made
        return made

    def each(self, op: str, dtype: str, *args: Operand) -> Array:
        arrays = [arg for arg in args if isinstance(arg, Value | View)]
        shape = tuple(torch.broadcast_shapes(*(array.shape for array in arrays)))
        kinds = [array.dtype for array in arrays if array.dtype != "mask"]
        kind = dtype if dtype != "mask" else max(kinds, default="f32")
        plain = args[1:] if op == "select" else args
        ready = [self._ready(self.cast(arg, kind), shape) for arg in plain]
        if op == "select":
            ready.insert(0, self._ready(args[0], shape))
        if op in FOLDED and not any(isinstance(arg, Value | View) for arg in ready):
            numbers = [NUMBERS[kind](arg) for arg in ready]
            with np.errstate(all="ignore"):
                return Value("const", (float(FOLDED[op](*numbers)),), shape, dtype)
        return Value(op, tuple(ready), shape, dtype)

    def cast(self, value: Any, dtype: str) -> Any:
        if not isinstance(value, Value | View) or value.dtype == dtype:
            return value
        if value.dtype == "mask":
            return self.each("select", dtype, value, 1.0, 0.0)
        if isinstance(value, Value) and value.op == "const":
            return Value("const", value.args, value.shape, dtype)
        return Value("cast", (value,), value.shape, dtype)

    def _ready(self, arg: Operand, shape: tuple[int, ...]) -> Operand:
        """An argument of that shape; one number for many is computed once, before."""
        if not isinstance(arg, Value | View):
            return float(arg)
        if isinstance(arg, Value) and arg.op == "const":
            return arg.args[0]
        if isinstance(arg, Value) and math.prod(arg.shape) == 1 < math.prod(shape):
            if arg.dtype == "mask":  # a stored condition is a number
                flag = self.stored(self.each("select", "f32", arg, 1.0, 0.0))
                return self.each("ne", "mask", expand(flag, shape), 0.0)
            arg = self.stored(arg)
        return expand(arg, shape)

    def stored(self, value: Array) -> View:
        if isinstance(value, View):
            return value
        to = self._temporary(value.shape, value.dtype, _order(value))
        self.loops.append(Store(to, value))
        return to

    def filled(self, shape: Sequence[int], dtype: str, parts: list) -> View:
        to = self._temporary(shape, dtype)
        for offset, part in parts:
            at = sum(k * step for k, step in zip(offset, to.strides, strict=True))
            self.loops.append(Store(to.moved(part.shape, to.strides, at), part))
        return to

    def summed(self, value: Array, over: list[int], parts: int = 1) -> View:
        shape = [1 if k in over else size for k, size in enumerate(value.shape)]
        to = self._temporary(shape, value.dtype)
        self.loops.append(Store(to, value, tuple(over), parts))
        return to

    def multiplied(self, a: View, b: View, bias: View | None) -> View:
        if a.shape[0] != 1 or {a.dtype, b.dtype} != {"f32"}:
            raise ValueError(
                f"a product of {a.dtype} {a.shape} and {b.dtype} {b.shape}; expected "
                "one product, (1, m, k) by (1, k, n), of float32"
            )
        to = self._temporary((1, a.shape[1], b.shape[2]), "f32")
        self.loops.append(Product(to, a, b, bias))
        return to

    def called(self, kind: str, player: str, given: list[list[Array]]) -> list[View]:
        read, wrote = {
            "derive": ("seen", "slope"),
            "project": ("proposed", "projected"),
        }[kind]
        players = "GD" if kind == "derive" else player
        results, k = [], 0
        while (name := f"{wrote} {player}{k}") in self._buffers:
            results.append(self._buffers[name])
            k += 1
        self._keep(results)
        for own, params in zip(players, given, strict=True):
            for k, value in enumerate(params):
                to = View.of(self._buffers[f"{read} {own}{k}"], value.shape)
                self.loops.append(Store(to, value))
        self.loops.append(Call(kind, player))
        shapes = [value.shape for value in given["GD".index(player) % len(given)]]
        return [View.of(b, shape) for b, shape in zip(results, shapes, strict=True)]

    def _keep(self, buffers: list[Buffer]) -> None:
        """Store what is still to be read of buffers that are about to be written."""
        order = {node: k for k, node in enumerate(self._readers)}
        for node, value in self._values.items():
            if any(order[reader] > order[self._now] for reader in self._readers[node]):
                self._values[node] = self._without(value, buffers)

    def _without(self, value: Any, buffers: list[Buffer]) -> Any:
        if isinstance(value, list):
            return [self._without(part, buffers) for part in value]
        if not any(view.buffer in buffers for view in views_in(value)):
            return value
        if value.dtype == "mask":
            return self._flag(value)
        return self.filled(value.shape, value.dtype, [((0,) * len(value.shape), value)])

    def _flag(self, mask: Array) -> Array:
        """A condition that was stored as 1 or 0: no stored number is a SIMD mask."""
        flag = self.stored(self.each("select", "f32", mask, 1.0, 0.0))
        return self.each("ne", "mask", flag, 0.0)

    def _temporary(
        self, shape: Sequence[int], dtype: str, order: Sequence[int] | None = None
    ) -> View:
        """New memory; `order` has its dimensions from the slowest to the fastest."""
        buffer = Buffer(f"temporary {len(self.loops)}", dtype, math.prod(shape))
        strides, step = [0] * len(shape), 1
        for k in reversed(order or range(len(shape))):
            strides[k], step = step, step * shape[k]
        return View(buffer, tuple(shape), tuple(strides))

    def _args(self, node: Node) -> list[Any]:
        """The arguments of a node as values, lists of values and numbers."""

        def of(arg: Any) -> Any:
            if isinstance(arg, Node):
                return self._values[self._same.get(arg, arg)]
            return [of(a) for a in arg] if isinstance(arg, list) else arg

        skip = name_of(node) in CONSTANTS  # what they are like need not be computed
        return [None if skip and isinstance(a, Node) else of(a) for a in node.args]


def _order(value: Array) -> list[int]:
    """The dimensions as the first whole view of a value has them, slowest first."""
    dims = range(len(value.shape))
    for view in views_in(value):
        if all(view.strides[k] or value.shape[k] == 1 for k in dims):
            return sorted(dims, key=lambda k: -view.strides[k])
    return list(dims)
