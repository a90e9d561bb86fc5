"""Operators that work number by number.

Where torch has a rule for NaN or for a kink, so have they.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganflow.live.loops import Loops
from ganflow.live.values import Array, Operand, Value, View

Operator = Callable[..., Any]


def _plain(op: str) -> Operator:
    """An operator that is an instruction: add, sub with their `alpha`, mul, div, ..."""

    def apply(make: Loops, *args: Operand, alpha: float = 1) -> Array:
        if alpha != 1:
            args = (args[0], make.each("mul", args[1], alpha))
        return make.each(op, *args)

    return apply


def _compared(op: str) -> Operator:
    def apply(make: Loops, x: Array, y: Operand) -> Array:
        return make.each(op, x, y, dtype="mask")

    return apply


def _reversed_sub(make: Loops, x: Array, other: float, alpha: float = 1) -> Array:
    scaled = x if alpha == 1 else make.each("mul", x, alpha)
    return make.each("sub", other, scaled)


def _reciprocal(make: Loops, x: Array) -> Array:
    return make.each("div", 1.0, x)


def _cast(make: Loops, x: Array) -> Operand:
    return make.cast(x)


def _power(make: Loops, x: Operand, exponent: Operand) -> Operand:
    """As torch: 2, 1 and 1/2 are exact; else of 0 <= x < 1 and an exponent >= 0."""
    if isinstance(exponent, View | Value):
        return make.cast(make.each("pow", x, exponent, dtype="f64"))
    if exponent == 1:
        return x
    if exponent == 2:
        return make.each("mul", x, x)
    if exponent == 0.5:
        return make.each("sqrt", x)
    raise ValueError(
        f"a power has the exponent {exponent}; there are loops for 1/2, 1 and 2, and "
        "for exponents that are tensors"
    )


def _relu(make: Loops, x: Array) -> Array:
    """NaN stays NaN: the instruction `max` keeps it, as torch does."""
    return make.each("max", x, 0.0)


def _sign(make: Loops, x: Array) -> Array:
    """1, -1, or 0: of 0 and of NaN, as torch has it."""
    above, below = (make.each(op, x, 0.0, dtype="mask") for op in ("gt", "lt"))
    return make.each("sub", above, below)


def _clamp(
    make: Loops, x: Array, low: Operand | None = None, high: Operand | None = None
) -> Array:
    for op, bound in (("max", low), ("min", high)):
        x = x if bound is None else make.each(op, x, bound)
    return x


def _leaky(make: Loops, x: Array, slope: float = 0.01) -> Array:
    return _leaky_backward(make, x, x, slope)


def _leaky_backward(
    make: Loops, g: Array, x: Array, slope: float, is_result: bool = False
) -> Array:
    above = make.each("gt", x, 0.0, dtype="mask")
    return make.each("select", above, g, make.each("mul", g, slope))


def _threshold_backward(make: Loops, g: Array, x: Array, threshold: float) -> Array:
    below = make.each("le", x, threshold, dtype="mask")
    return make.each("select", below, 0.0, g)


def _exp(make: Loops, x: Operand) -> Operand:
    return make.cast(_exp_64(make, make.cast(x, "f64")))


def _exp_64(make: Loops, x: Operand) -> Array:
    return make.each("exp", x, dtype="f64")


def _softplus(make: Loops, x: Array, beta: float = 1, threshold: float = 20) -> Array:
    """log(1 + exp(beta x)) / beta in float64, x where beta x is above the threshold."""
    raised = _exp_64(make, make.each("mul", make.cast(x, "f64"), beta, dtype="f64"))
    log = make.each("log1p", raised, dtype="f64")
    soft = make.cast(make.each("div", log, beta, dtype="f64"))
    return make.each("select", _above(make, x, beta, threshold), x, soft)


def _softplus_backward(
    make: Loops, g: Array, x: Array, beta: float, threshold: float
) -> Array:
    """g z / (z + 1) with z = exp(beta x), g above the threshold."""
    scaled = make.each("mul", make.cast(x, "f64"), beta, dtype="f64")
    z = make.cast(_exp_64(make, scaled))
    slope = make.each("div", make.each("mul", g, z), make.each("add", z, 1.0))
    return make.each("select", _above(make, x, beta, threshold), g, slope)


def _above(make: Loops, x: Array, beta: float, threshold: float) -> Array:
    return make.each("gt", make.each("mul", x, beta), threshold, dtype="mask")


def _sigmoid(make: Loops, x: Array) -> Operand:
    raised = _exp_64(make, make.each("neg", make.cast(x, "f64"), dtype="f64"))
    below = make.each("add", raised, 1.0, dtype="f64")
    return make.cast(make.each("div", 1.0, below, dtype="f64"))


def _sigmoid_backward(make: Loops, g: Array, y: Array) -> Array:
    """g y (1 - y), with y the sigmoid itself."""
    flat = make.each("mul", make.each("sub", 1.0, y), y)
    return make.each("mul", g, flat)


def _lerp(make: Loops, x: Array, y: Array, weight: Operand) -> Array:
    """From the end that is nearer, as torch: so weight 1 gives y exactly."""
    way, weight = make.each("sub", y, x), make.cast(weight)
    near = make.each("lt", make.each("abs", weight), 0.5, dtype="mask")
    from_x = make.each("add", x, make.each("mul", weight, way))
    back = make.each("mul", way, make.each("sub", 1.0, weight))
    return make.each("select", near, from_x, make.each("sub", y, back))


def _where(make: Loops, mask: Array, x: Operand, y: Operand) -> Array:
    return make.each("select", mask, x, y)


def _masked_fill(make: Loops, x: Array, mask: Array, number: float) -> Array:
    return make.each("select", mask, number, x)


MAPS: dict[str, Operator] = {
    "aten.rsub.Scalar": _reversed_sub,
    "aten.reciprocal.default": _reciprocal,
    "aten._to_copy.default": _cast,
    "aten.clone.default": _cast,
    "aten.pow.Tensor_Scalar": _power,
    "aten.pow.Tensor_Tensor": _power,
    "aten.pow.Scalar": _power,
    "aten.relu.default": _relu,
    "aten.sgn.default": _sign,
    "aten.sign.default": _sign,
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
    "aten.sigmoid_backward.default": _sigmoid_backward,
    "aten.lerp.Tensor": _lerp,
    "aten.lerp.Scalar": _lerp,
    "aten.where.self": _where,
    "aten.masked_fill.Scalar": _masked_fill,
}
MAPS |= {f"aten.{op}.default": _plain(op) for op in ("neg", "abs", "sqrt")}
MAPS |= {f"aten.{op}imum.default": _plain(op) for op in ("max", "min")}
for kind in ("Tensor", "Scalar"):
    MAPS |= {f"aten.{op}.{kind}": _plain(op) for op in ("add", "sub", "mul", "div")}
    comparisons = ("eq", "ne", "lt", "le", "gt", "ge")
    MAPS |= {f"aten.{op}.{kind}": _compared(op) for op in comparisons}
