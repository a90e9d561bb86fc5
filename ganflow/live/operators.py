"""What each ATen operator does to values: one function a family, one table for all.

A function takes the maker of loops, the node of the trace and its arguments as values;
it returns a value. Where torch has a rule for NaN or for a kink, so has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ganflow.live.graph import DTYPES, Node
from ganflow.live.values import Array, Operand, Value, View, expand, viewed


class Maker(Protocol):
    """What makes values and loops; `ganflow.live.loops` has it."""

    def each(self, op: str, dtype: str, *args: Operand) -> Array:
        """The value of an operation on each number."""
        ...

    def cast(self, value: Operand, dtype: str) -> Operand:
        """The value as numbers of that type."""
        ...

    def stored(self, value: Array) -> View:
        """The value where a loop left it."""
        ...

    def filled(self, shape: Sequence[int], dtype: str, parts: list) -> View:
        """A new buffer whose parts, (offset along each dimension, value), are given."""
        ...

    def summed(self, value: Array, over: list[int], parts: int = 1) -> Array:
        """Its sums over some dimensions, kept with size 1, divided by `parts`."""
        ...

    def multiplied(self, a: View, b: View, bias: View | None) -> View:
        """A matrix product, and a row that is added to each of its rows."""
        ...

    def called(self, kind: str, player: str, given: list[list[Array]]) -> list[View]:
        """The results of a derivative or of a projection."""
        ...


Operator = Callable[..., Any]


def dtype_of(node: Node) -> str:
    """The type of a node's numbers: "f32", "f64" or "mask".

    Parameters
    ----------
    node : Node
        Of a trace.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Another dtype.
    """
    if node.dtype not in DTYPES.values():
        raise ValueError(
            f"{node.name} makes numbers of {node.dtype}; a page computes in float32, "
            "float64 and conditions only"
        )
    return node.dtype


# Views.


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


def _reshape(make: Maker, node: Node, x: Array, *rest: Any) -> Array:
    """Other dimensions of size 1; or, row by row, any other shape."""
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
    return _reshape(make, node, _cut(x, dim, at % x.shape[dim], 1))


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
    "aten.unsqueeze.default": _reshape,
    "aten.squeeze.dim": _reshape,
    "aten.squeeze.dims": _reshape,
    "aten.squeeze.default": _reshape,
    "aten.view.default": _reshape,
    "aten._unsafe_view.default": _reshape,
    "aten.select.int": _select,
    "aten.slice.Tensor": _slice,
    "aten.split.Tensor": _split,
    "getitem": _item,
}


# Constants: their arguments are never computed.


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


# Number by number.


def _plain(op: str) -> Operator:
    """An operator that is an instruction: add, sub with their `alpha`, mul, div, ..."""

    def apply(make: Maker, node: Node, *args: Operand, alpha: float = 1) -> Array:
        if alpha != 1:
            args = (args[0], make.each("mul", dtype_of(node), args[1], float(alpha)))
        return make.each(op, dtype_of(node), *args)

    return apply


def _reversed_sub(
    make: Maker, node: Node, x: Array, other: float, alpha: float = 1
) -> Array:
    dtype = dtype_of(node)
    scaled = x if alpha == 1 else make.each("mul", dtype, x, float(alpha))
    return make.each("sub", dtype, float(other), scaled)


def _reciprocal(make: Maker, node: Node, x: Array) -> Array:
    return make.each("div", dtype_of(node), 1.0, x)


def _cast(make: Maker, node: Node, x: Array) -> Operand:
    return make.cast(x, dtype_of(node))


def _compared(op: str) -> Operator:
    def apply(make: Maker, node: Node, x: Array, y: Operand) -> Array:
        return make.each(op, "mask", x, y)

    return apply


def _power(make: Maker, node: Node, x: Operand, exponent: Operand) -> Operand:
    """As torch: 2, 1 and 1/2 are exact; else of 0 <= x < 1 and an exponent >= 0."""
    dtype = dtype_of(node)
    if isinstance(exponent, (View, Value)):
        found = make.each("pow", "f64", x, exponent)
        return make.cast(found, dtype)
    if exponent == 1:
        return x
    if exponent == 2:
        return make.each("mul", dtype, x, x)
    if exponent == 0.5:
        return make.each("sqrt", dtype, x)
    raise ValueError(
        f"{node.name} has the exponent {exponent}; there are loops for 1/2, 1 and 2, "
        "and for exponents that are tensors"
    )


def _relu(make: Maker, node: Node, x: Array) -> Array:
    """NaN stays NaN: the instruction `max` keeps it, as torch does."""
    return make.each("max", dtype_of(node), x, 0.0)


def _clamp(
    make: Maker, node: Node, x: Array, low: Any = None, high: Any = None
) -> Array:
    for op, bound in (("max", low), ("min", high)):
        x = x if bound is None else make.each(op, dtype_of(node), x, bound)
    return x


def _leaky(make: Maker, node: Node, x: Array, slope: float = 0.01) -> Array:
    dtype = dtype_of(node)
    above = make.each("gt", "mask", x, 0.0)
    return make.each("select", dtype, above, x, make.each("mul", dtype, x, slope))


def _leaky_backward(
    make: Maker, node: Node, g: Array, x: Array, slope: float, is_result: bool
) -> Array:
    dtype = dtype_of(node)
    above = make.each("gt", "mask", x, 0.0)
    return make.each("select", dtype, above, g, make.each("mul", dtype, g, slope))


def _threshold_backward(
    make: Maker, node: Node, g: Array, x: Array, threshold: float
) -> Array:
    below = make.each("le", "mask", x, float(threshold))
    return make.each("select", dtype_of(node), below, 0.0, g)


def _exp(make: Maker, node: Node, x: Operand) -> Operand:
    return make.cast(make.each("exp", "f64", make.cast(x, "f64")), dtype_of(node))


def _softplus(
    make: Maker, node: Node, x: Array, beta: float = 1, threshold: float = 20
) -> Array:
    """log(1 + exp(beta x)) / beta in float64, x where beta x is above the threshold."""
    dtype, wide = dtype_of(node), make.cast(x, "f64")
    raised = make.each("exp", "f64", make.each("mul", "f64", wide, float(beta)))
    soft = make.each("div", "f64", make.each("log1p", "f64", raised), float(beta))
    above = _above(make, x, beta, threshold, dtype)
    return make.each("select", dtype, above, x, make.cast(soft, dtype))


def _softplus_backward(
    make: Maker, node: Node, g: Array, x: Array, beta: float, threshold: float
) -> Array:
    """g z / (z + 1) with z = exp(beta x), g above the threshold."""
    dtype = dtype_of(node)
    wide = make.each("mul", "f64", make.cast(x, "f64"), float(beta))
    z = make.cast(make.each("exp", "f64", wide), dtype)
    slope = make.each(
        "div", dtype, make.each("mul", dtype, g, z), make.each("add", dtype, z, 1.0)
    )
    above = _above(make, x, beta, threshold, dtype)
    return make.each("select", dtype, above, g, slope)


def _above(make: Maker, x: Array, beta: float, threshold: float, dtype: str) -> Array:
    scaled = make.each("mul", dtype, x, float(beta))
    return make.each("gt", "mask", scaled, float(threshold))


def _sigmoid(make: Maker, node: Node, x: Array) -> Operand:
    raised = make.each("exp", "f64", make.each("neg", "f64", make.cast(x, "f64")))
    found = make.each("div", "f64", 1.0, make.each("add", "f64", raised, 1.0))
    return make.cast(found, dtype_of(node))


def _lerp(make: Maker, node: Node, x: Array, y: Array, weight: Operand) -> Array:
    """From the end that is nearer, as torch: so weight 1 gives y exactly."""
    dtype = dtype_of(node)

    def to(op: str, *args: Operand) -> Array:
        return make.each(op, dtype, *args)

    way, weight = to("sub", y, x), make.cast(weight, dtype)
    near = make.each("lt", "mask", to("abs", weight), 0.5)
    from_x = to("add", x, to("mul", weight, way))
    return to(
        "select", near, from_x, to("sub", y, to("mul", way, to("sub", 1.0, weight)))
    )


def _where(make: Maker, node: Node, mask: Array, x: Operand, y: Operand) -> Array:
    return make.each("select", dtype_of(node), mask, x, y)


def _masked_fill(
    make: Maker, node: Node, x: Array, mask: Array, number: float
) -> Array:
    return make.each("select", dtype_of(node), mask, float(number), x)


MAPS: dict[str, Operator] = {
    "aten.rsub.Scalar": _reversed_sub,
    "aten.reciprocal.default": _reciprocal,
    "aten._to_copy.default": _cast,
    "aten.clone.default": _cast,
    "aten.pow.Tensor_Scalar": _power,
    "aten.pow.Tensor_Tensor": _power,
    "aten.pow.Scalar": _power,
    "aten.relu.default": _relu,
    "aten.clamp.default": _clamp,
    "aten.clamp.Tensor": _clamp,
    "aten.clamp_min.default": _clamp,
    "aten.leaky_relu.default": _leaky,
    "aten.leaky_relu_backward.default": _leaky_backward,
    "aten.threshold_backward.default": _threshold_backward,
    "aten.exp.default": _exp,
    "aten.softplus.default": _softplus,
    "aten.softplus_backward.default": _softplus_backward,
    "aten.sigmoid.default": _sigmoid,
    "aten.lerp.Tensor": _lerp,
    "aten.lerp.Scalar": _lerp,
    "aten.where.self": _where,
    "aten.masked_fill.Scalar": _masked_fill,
}
MAPS |= {f"aten.{op}.default": _plain(op) for op in ("neg", "abs", "sqrt")}
MAPS |= {f"aten.{op}imum.default": _plain(op) for op in ("max", "min")}
MAPS |= {
    f"aten.{op}.{kind}": _plain(op)
    for op in ("add", "sub", "mul", "div")
    for kind in ("Tensor", "Scalar")
}
MAPS |= {
    f"aten.{op}.{kind}": _compared(op)
    for op in ("eq", "ne", "lt", "le", "gt", "ge")
    for kind in ("Tensor", "Scalar")
}


# Sums, products, joined tensors, calls.


def _sum(
    make: Maker,
    node: Node,
    x: Array,
    over: Sequence[int] | None = None,
    keep: bool = False,
) -> Array:
    dims = _dims(x, over)
    return _reshape(make, node, make.summed(make.cast(x, dtype_of(node)), dims))


def _mean(
    make: Maker,
    node: Node,
    x: Array,
    over: Sequence[int] | None = None,
    keep: bool = False,
) -> Array:
    dims = _dims(x, over)
    parts = math.prod(x.shape[d] for d in dims)
    return _reshape(make, node, make.summed(make.cast(x, dtype_of(node)), dims, parts))


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
    return _reshape(make, node, make.each("sqrt", dtype, squares))


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
