"""Operators that compute nothing: views of values, and constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganflow.live.loops import Loops
from ganflow.live.map_operators import Operator
from ganflow.live.values import Array, Value, View, expand, viewed


def _same(make: Loops, x: Array, *rest: Any) -> Array:
    return x


def _t(make: Loops, x: Array) -> Array:
    return _permute(make, x, range(len(x.shape))[::-1])


def _transpose(make: Loops, x: Array, i: int, j: int) -> Array:
    order = list(range(len(x.shape)))
    order[i], order[j] = order[j], order[i]
    return _permute(make, x, order)


def _permute(make: Loops, x: Array, order: Sequence[int]) -> Array:
    def change(view: View) -> View:
        shape, strides = ([of[k] for k in order] for of in (view.shape, view.strides))
        return view.moved(shape, strides)

    return viewed(x, change)


def _expand(make: Loops, x: Array, shape: Sequence[int]) -> Array:
    return expand(x, shape)


def reshape(make: Loops, x: Array, *rest: Any) -> Array:
    """Other dimensions of size 1; or, row by row, any other shape.

    The operator's result says the shape; `rest` is what the call says of it.
    """
    real = [k for k, size in enumerate(x.shape) if size != 1]
    if [x.shape[k] for k in real] != [size for size in make.shape if size != 1]:
        return View.of(make.copied(x).buffer, make.shape)

    def change(view: View) -> View:
        steps = iter([view.strides[k] for k in real])
        return view.moved(
            make.shape, [0 if size == 1 else next(steps) for size in make.shape]
        )

    return viewed(x, change)


def _select(make: Loops, x: Array, dim: int, at: int) -> Array:
    return reshape(make, _cut(x, dim, at % x.shape[dim], 1))


def _slice(
    make: Loops, x: Array, dim: int = 0, start: int | None = 0, *rest: Any
) -> Array:
    if len(rest) > 1:
        raise ValueError(f"a slice has a step of {rest[1]}; there is a loop for 1")
    size, place = x.shape[dim], start or 0
    return _cut(x, dim, place + size * (place < 0), make.shape[dim])


def _split(make: Loops, x: Array, size: int, dim: int = 0) -> list[Array]:
    whole = x.shape[dim]
    return [_cut(x, dim, k, min(size, whole - k)) for k in range(0, whole, size)]


def _item(make: Loops, parts: Sequence[Array], at: int) -> Array:
    return parts[at]


def _cut(x: Array, dim: int, at: int, size: int) -> Array:
    def change(view: View) -> View:
        shape = list(view.shape)
        shape[dim] = size
        return view.moved(shape, view.strides, at * view.strides[dim])

    return viewed(x, change)


VIEWS: dict[str, Operator] = {
    "aten.detach.default": _same,
    "aten.alias.default": _same,
    "aten.t.default": _t,
    "aten.transpose.int": _transpose,
    "aten.permute.default": _permute,
    "aten.expand.default": _expand,
    "aten.unsqueeze.default": reshape,
    "aten.squeeze.dim": reshape,
    "aten.squeeze.dims": reshape,
    "aten.squeeze.default": reshape,
    "aten.view.default": reshape,
    "aten._unsafe_view.default": reshape,
    "aten.select.int": _select,
    "aten.slice.Tensor": _slice,
    "aten.split.Tensor": _split,
    "getitem": _item,
}


def _ones(make: Loops, *rest: Any) -> Value:
    return _literal(make, 1.0)


def _zeros(make: Loops, *rest: Any) -> Value:
    return _literal(make, 0.0)


def _full(make: Loops, like: Any, number: float, *rest: Any) -> Value:
    return _literal(make, number)


def _literal(make: Loops, number: Any) -> Value:
    while isinstance(number, list) and len(number) == 1:
        (number,) = number
    if isinstance(number, list):
        raise ValueError(
            f"the trace holds a table of numbers, shape {make.shape}; a page knows "
            "single numbers only"
        )
    return Value("const", (float(number),), make.shape, make.dtype)


# Their arguments are never computed.
CONSTANTS: dict[str, Operator] = {
    "constant": _literal,
    "aten.scalar_tensor.default": _literal,
    "aten.ones_like.default": _ones,
    "aten.zeros_like.default": _zeros,
    "aten.new_zeros.default": _zeros,
    "aten.new_ones.default": _ones,
    "aten.zeros.default": _zeros,
    "aten.ones.default": _ones,
    "aten.full_like.default": _full,
    "aten.full.default": _full,
}
