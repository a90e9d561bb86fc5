"""Operators that compute nothing: views of values, and constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganflow.live.graph import Node
from ganflow.live.maker import Maker, Operator, dtype_of
from ganflow.live.values import Array, Value, View, expand, viewed


def _same(make: Maker, node: Node, x: Array, *rest: Any) -> Array:
    return x


def _transpose(make: Maker, node: Node, x: Array, i: int, j: int) -> Array:
    order = list(range(len(x.shape)))
    order[i], order[j] = order[j], order[i]
    return _permute(make, node, x, order)


def _t(make: Maker, node: Node, x: Array) -> Array:
    return _permute(make, node, x, list(range(len(x.shape)))[::-1])


def _permute(make: Maker, node: Node, x: Array, order: Sequence[int]) -> Array:
    def change(view: View) -> View:
        shape, strides = ([part[k] for k in order] for part in _sizes(view))
        return view.moved(shape, strides)

    return viewed(x, change)


def _expand(make: Maker, node: Node, x: Array, shape: Sequence[int]) -> Array:
    return expand(x, shape)


def reshape(make: Maker, node: Node, x: Array, *rest: Any) -> Array:
    """Other dimensions of size 1; or, row by row, any other shape.

    Parameters
    ----------
    make : Maker
        The translation.
    node : Node
        Whose shape the result has.
    x : Value or View
        What is viewed.
    *rest
        What the operator says of the shape, which the node knows.

    Returns
    -------
    Value or View
    """
    shape = node.shape
    real = [k for k, size in enumerate(x.shape) if size != 1]
    if [x.shape[k] for k in real] != [size for size in shape if size != 1]:
        flat = make.filled(x.shape, x.dtype, [((0,) * len(x.shape), x)])
        return View.of(flat.buffer, shape)

    def change(view: View) -> View:
        strides = iter([view.strides[k] for k in real])
        return view.moved(shape, [0 if size == 1 else next(strides) for size in shape])

    return viewed(x, change)


def _select(make: Maker, node: Node, x: Array, dim: int, at: int) -> Array:
    return reshape(make, node, _cut(x, dim, at % x.shape[dim], 1))


def _slice(
    make: Maker, node: Node, x: Array, dim: int = 0, start: int | None = 0, *rest: Any
) -> Array:
    if len(rest) > 1:
        raise ValueError(f"{node.name} has a step of {rest[1]}; there is a loop for 1")
    size, place = x.shape[dim], start or 0
    return _cut(x, dim, place + size * (place < 0), node.shape[dim])


def _split(make: Maker, node: Node, x: Array, size: int, dim: int = 0) -> list[Array]:
    whole = x.shape[dim]
    return [_cut(x, dim, k, min(size, whole - k)) for k in range(0, whole, size)]


def _item(make: Maker, node: Node, parts: Sequence[Array], at: int) -> Array:
    return parts[at]


def _cut(x: Array, dim: int, at: int, size: int) -> Array:
    def change(view: View) -> View:
        shape, strides = _sizes(view)
        shape[dim] = size
        return view.moved(shape, strides, at * strides[dim])

    return viewed(x, change)


def _sizes(view: View) -> tuple[list[int], list[int]]:
    return list(view.shape), list(view.strides)


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


def _filled_with(number: float) -> Operator:
    def constant(make: Maker, node: Node, *rest: Any) -> Value:
        return Value("const", (number,), node.shape, dtype_of(node))

    return constant


def _full(make: Maker, node: Node, like: Any, number: float, *rest: Any) -> Value:
    return Value("const", (float(number),), node.shape, dtype_of(node))


def _literal(make: Maker, node: Node, number: Any) -> Value:
    while isinstance(number, list) and len(number) == 1:
        (number,) = number
    if isinstance(number, list):
        raise ValueError(
            f"the trace holds a table of numbers, shape {node.shape}; a page knows "
            "single numbers only"
        )
    return Value("const", (float(number),), node.shape, dtype_of(node))


# Their arguments are never computed.
CONSTANTS: dict[str, Operator] = {
    "constant": _literal,
    "aten.ones_like.default": _filled_with(1.0),
    "aten.zeros_like.default": _filled_with(0.0),
    "aten.new_zeros.default": _filled_with(0.0),
    "aten.new_ones.default": _filled_with(1.0),
    "aten.zeros.default": _filled_with(0.0),
    "aten.ones.default": _filled_with(1.0),
    "aten.full_like.default": _full,
    "aten.full.default": _full,
}
