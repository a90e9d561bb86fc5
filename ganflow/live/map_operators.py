"""Operators that work number by number.

Where torch has a rule for NaN or for a kink, so have they.
"""

from __future__ import annotations

from typing import Any

from ganflow.live.graph import Node
from ganflow.live.maker import Maker, Operator, dtype_of
from ganflow.live.values import Array, Operand, Value, View


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
