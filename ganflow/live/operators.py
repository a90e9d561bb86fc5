"""What each ATen operator does to values: one function a family, one table for all.

A function takes the loops so far and the operator's arguments as values; it returns a
value, or a list of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ganflow.live.loops import Loops
from ganflow.live.map_operators import MAPS, Operator
from ganflow.live.values import Array, View, expand
from ganflow.live.view_operators import CONSTANTS, VIEWS, reshape

Dims = Sequence[int] | None


def _sum(make: Loops, x: Array, over: Dims = None, keep: bool = False) -> Array:
    return reshape(make, make.summed(make.cast(x), _dims(x, over)))


def _mean(make: Loops, x: Array, over: Dims = None, keep: bool = False) -> Array:
    dims = _dims(x, over)
    parts = math.prod(x.shape[d] for d in dims)
    return reshape(make, make.summed(make.cast(x), dims, parts))


def _norm(
    make: Loops, x: Array, order: float = 2, over: Dims = None, keep: bool = False
) -> Array:
    if order != 2:
        raise ValueError(f"a norm is of order {order}; there is a loop for 2")
    squares = make.summed(make.each("mul", x, x), _dims(x, over))
    return reshape(make, make.each("sqrt", squares))


def _dims(x: Array, over: Dims) -> list[int]:
    return [d % len(x.shape) for d in over or range(len(x.shape))]


def _product(make: Loops, a: Array, b: Array) -> View:
    return make.multiplied(a, b)


def _product_and_row(make: Loops, row: Array, a: Array, b: Array) -> Array:
    row = make.stored(row)
    wide = expand(row, make.shape)
    assert isinstance(wide, View)
    if wide.strides[1] == 0 and (wide.shape[2] == 1 or wide.strides[2] == 1):
        return make.multiplied(a, b, wide)
    return make.each("add", _product(make, a, b), row)


def _cat(make: Loops, parts: Sequence[Array], dim: int = 0) -> View:
    at, placed = 0, []
    for part in parts:
        offset = [0] * len(make.shape)
        offset[dim] = at
        placed.append((offset, part))
        at += part.shape[dim]
    return make.filled(make.shape, make.dtype, placed)


def _derivative(make: Loops, player: str, G: list[Array], D: list[Array]) -> list[View]:
    return make.called("derive", player, {"G": G, "D": D})


def _projection(make: Loops, player: str, params: list[Array]) -> list[View]:
    return make.called("project", player, {player: params})


OPERATORS: dict[str, Operator] = {
    **VIEWS,
    **CONSTANTS,
    **MAPS,
    "aten.sum.default": _sum,
    "aten.sum.dim_IntList": _sum,
    "aten.mean.default": _mean,
    "aten.mean.dim": _mean,
    "aten.linalg_vector_norm.default": _norm,
    "aten.bmm.default": _product,
    "aten.baddbmm.default": _product_and_row,
    "aten.cat.default": _cat,
    "ganflow_live.derive.default": _derivative,
    "ganflow_live.project.default": _projection,
}
