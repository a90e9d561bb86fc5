"""What each ATen operator does to values: one function a family, one table for all.

A function takes the maker of loops, the node of the trace and its arguments as values;
it returns a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganflow.live.graph import Node
from ganflow.live.maker import Maker, Operator, dtype_of
from ganflow.live.map_operators import MAPS
from ganflow.live.values import Array, View, expand
from ganflow.live.view_operators import CONSTANTS, VIEWS, reshape


def _sum(
    make: Maker,
    node: Node,
    x: Array,
    over: Sequence[int] | None = None,
    keep: bool = False,
) -> Array:
    dims = _dims(x, over)
    return reshape(make, node, make.summed(make.cast(x, dtype_of(node)), dims))


def _mean(
    make: Maker,
    node: Node,
    x: Array,
    over: Sequence[int] | None = None,
    keep: bool = False,
) -> Array:
    dims = _dims(x, over)
    parts = math.prod(x.shape[d] for d in dims)
    return reshape(make, node, make.summed(make.cast(x, dtype_of(node)), dims, parts))


def _norm(
    make: Maker,
    node: Node,
    x: Array,
    order: float = 2,
    over: Sequence[int] | None = None,
    keep: bool = False,
) -> Array:
    if order != 2:
        raise ValueError(
            f"{node.name} is of order {order}; there is a loop for 2, the length"
        )
    dtype = dtype_of(node)
    squares = make.summed(make.each("mul", dtype, x, x), _dims(x, over))
    return reshape(make, node, make.each("sqrt", dtype, squares))


def _dims(x: Array, over: Sequence[int] | None) -> list[int]:
    return [d % len(x.shape) for d in over or range(len(x.shape))]


def _product(make: Maker, node: Node, a: Array, b: Array) -> View:
    return make.multiplied(make.stored(a), make.stored(b), None)


def _product_and_row(make: Maker, node: Node, row: Array, a: Array, b: Array) -> Array:
    bias = make.stored(row)
    wide = expand(bias, node.shape)
    assert isinstance(wide, View)
    if wide.strides[1] == 0 and (wide.shape[2] == 1 or wide.strides[2] == 1):
        return make.multiplied(make.stored(a), make.stored(b), wide)
    return make.each("add", dtype_of(node), _product(make, node, a, b), bias)


def _cat(make: Maker, node: Node, parts: Sequence[Array], dim: int = 0) -> View:
    shape, at, placed = node.shape, 0, []
    for part in parts:
        offset = [0] * len(shape)
        offset[dim] = at
        placed.append((tuple(offset), part))
        at += part.shape[dim]
    return make.filled(shape, dtype_of(node), placed)


def _derivative(
    make: Maker, node: Node, player: str, G: list[Array], D: list[Array]
) -> list[View]:
    return make.called("derive", player, [G, D])


def _projection(
    make: Maker, node: Node, player: str, params: list[Array]
) -> list[View]:
    return make.called("project", player, [params])


OPERATORS: dict[str, Operator] = (
    VIEWS
    | CONSTANTS
    | MAPS
    | {
        "aten.sum.default": _sum,
        "aten.sum.dim_IntList": _sum,
        "aten.mean.default": _mean,
        "aten.mean.dim": _mean,
        "aten.linalg_vector_norm.default": _norm,
        "aten.bmm.default": _product,
        "aten.baddbmm.default": _product_and_row,
        "aten.cat.default": _cat,
        "ganflow_live.derivative.default": _derivative,
        "ganflow_live.project.default": _projection,
    }
)
# In a trace these write over a value that nobody reads again (`loops` makes sure).
IN_PLACE = {
    f"aten.{name}_.{kind}": f"aten.{name}.{kind}"
    for name, kind in (
        ("relu", "default"),
        ("leaky_relu", "default"),
        ("masked_fill", "Scalar"),
    )
}
