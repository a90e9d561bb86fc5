"""Functions of f64 that WebAssembly has no instruction for: exp, log1p and pow.

Own ones, so that every browser gives the same bits: they use only instructions that
IEEE 754 rounds correctly. All are series that keep what rounding cuts off where it
would show; the results are within one unit in the last place.

Source: Dekker, *A floating-point technique for extending the available precision*
(1971), for the rest of a product; Knuth, *The Art of Computer Programming* 2, theorem
4.2.2 B, for the rest of a sum.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import factorial, inf, nan

from ganflow.live.encoding import Code, Function
from ganflow.live.expressions import (
    Expression,
    call,
    constant,
    function,
    give,
    let,
    select,
    variables,
    when,
)

LN_2 = Fraction("0.69314718055994530941723212145817656807550013436026")
LN_2_HIGH = float(Fraction(round(LN_2 * 2**32), 2**32))  # times 1,100 it is exact
LN_2_LOW = float(LN_2 - Fraction(LN_2_HIGH))
THIRD_LOW = float(Fraction(1, 3) - Fraction(1 / 3))
ROOT_HALF = 0x3FE6A09E00000000  # the bits of sqrt(1 / 2), but for the lowest


def arithmetic() -> tuple[Function, ...]:
    """The functions "exp", "log1p" and "pow" (f64), and what they call.

    pow takes a base >= 0 and an exponent that is finite.

    Returns
    -------
    tuple of Function
    """
    return (_rest_of_sum(), _rest_of_product(), *_exp(), _log1p(), _pow())


def _series(x: Expression, coefficients: list[float]) -> Expression:
    """The polynomial in x by Horner's rule; the coefficient of 1 comes first."""
    *others, last = coefficients
    return reduce(lambda y, c: y * x + c, reversed(others), constant("f64", last))


def _rest_of_sum() -> Function:
    """What a + b loses by rounding, exactly."""
    a, b, total, part = variables("f64", "a b total part")
    lost = (a - (total - part)) + (b - part)
    body = [let(total, a + b), let(part, total - a), lost]
    return function("rest of sum", [a, b], body, result="f64", uses=[total, part])


def _rest_of_product() -> Function:
    """What a * b loses by rounding, exactly unless it is below the smallest number."""
    a, b, high_a, high_b = variables("f64", "a b high_a high_b")
    low_a, low_b = a - high_a, b - high_b
    body = [_upper_half(a, high_a), _upper_half(b, high_b)]
    lost = (high_a * high_b - a * b) + high_a * low_b + low_a * high_b + low_a * low_b
    name = "rest of product"
    return function(name, [a, b], [*body, lost], result="f64", uses=[high_a, high_b])


def _upper_half(x: Expression, high: Expression) -> Code:
    """The upper 26 of the 53 bits of x."""
    scaled = x * (2**27 + 1)
    return let(high, scaled - (scaled - x))


def _rest(of: str, a: Expression, b: Expression) -> Expression:
    return call("f64", f"rest of {of}", a, b)


def _power_of_2(k: Expression) -> Expression:
    """2 to the power of an i64 in [-1022, 1023]."""
    return ((k + 1023) << 52).to("f64", "reinterpret_i64")


def _exp() -> tuple[Function, ...]:
    """e^(x + low) = 2^k e^r with |r| < 0.35, for a low part that x cannot hold."""
    x, low, r = variables("f64", "x low r")
    k, half = variables("i64", "k half")
    folds = k.to("f64", "convert_i64_s")
    high = x - folds * LN_2_HIGH  # exact
    low = low - folds * LN_2_LOW
    coefficients = [1 / factorial(n) for n in range(2, 15)]
    above_1 = r + (_rest("sum", high, low) + r * r * _series(r, coefficients))
    body = [
        let(x, x.of("min", 1000).of("max", -1000)),  # beyond, it is inf or 0
        let(k, (x * float(1 / LN_2)).of("nearest").to("i64", "trunc_sat_f64_s")),
        let(half, k.of("shr_s", 1)),  # two factors: 2^k may be no normal number
        let(r, high + low),
        (1 + above_1) * _power_of_2(half) * _power_of_2(k - half),
    ]
    params = variables("f64", "x low")
    sum_of = function("exp of sum", params, body, result="f64", uses=[r, k, half])
    zero = constant("f64", 0)
    whole = call("f64", "exp of sum", x, zero)
    return sum_of, function("exp", [x], [whole], result="f64")


def _fold(x: Expression, bits: Expression, k: Expression, m: Expression) -> list[Code]:
    """Find x = 2^k m with m from sqrt(1 / 2) to sqrt(2), for a normal x > 0."""
    moved = x.to("i64", "reinterpret_f64") + (0x3FF0000000000000 - ROOT_HALF)
    return [
        let(bits, moved),
        let(k, (bits >> 52).to("f64", "convert_i64_s") - 1023),
        let(m, ((bits & (2**52 - 1)) + ROOT_HALF).to("f64", "reinterpret_i64")),
    ]


def _log1p() -> Function:
    """log(1 + x) = k log 2 + log(1 + f), by the series of artanh in f / (2 + f)."""
    x, u, k, m, f, s, c = variables("f64", "x u k m f s c")
    (bits,) = variables("i64", "bits")
    lost = _rest("sum", constant("f64", 1), x) / u
    square = f * f * 0.5
    odd = _series(c, [2 / n for n in range(3, 27, 2)])
    low = lost + k * LN_2_LOW
    body = [
        let(u, 1 + x),
        when(x.of("abs") < 2.0**-54, give(x)),
        when(x.equals(inf), give(x)),
        when(x.equals(-1), give(constant("f64", -inf))),
        when((u > 0).of("eqz"), give(constant("f64", nan))),
        *_fold(u, bits, k, m),
        let(f, m - 1),
        let(s, f / (2 + f)),
        let(c, s * s),
        k * LN_2_HIGH + (f - (square - (s * (square + c * odd) + low))),
    ]
    uses = [u, k, m, f, s, c, bits]
    return function("log1p", [x], body, result="f64", uses=uses)


def _pow() -> Function:
    """x^y = e^(y log x), with the logarithm as a sum of two numbers.

    The exponent may be 745: an error of one part in 2^53 in it would be 745 in the
    result. With s = (m - 1) / (m + 1), log m = 2 s (1 + s^2 / 3 + s^4 / 5 + ...).
    """
    names = "k m d s s_low c c_low u u_low t t_low sum sum_low high low"
    x, y = variables("f64", "x y")
    uses = variables("f64", names)
    k, m, d, s, s_low, c, c_low, u, u_low, t, t_low, total, rest, high, low = uses
    (bits,) = variables("i64", "bits")
    f = m - 1  # exact
    third, one = constant("f64", 1 / 3), constant("f64", 1)
    fifth = c * _series(c, [1 / n for n in range(5, 27, 2)])
    doubled, folds = s + s, k * LN_2_HIGH  # exact
    rest_of_s = (f - s * d) - _rest("product", s, d) - s * _rest("sum", m, one)
    body = [
        when(y.equals(0) | x.equals(1), give(one)),
        when(
            x.equals(0), give(select(constant("f64", 0), constant("f64", inf), y > 0))
        ),
        when((x > 0).of("eqz"), give(constant("f64", nan))),
        when(x.equals(inf), give(call("f64", "exp", x * y))),
        let(low, select(constant("f64", 54), constant("f64", 0), x < 2.0**-1022)),
        let(x, select(x * 2.0**54, x, low > 0)),
        *_fold(x, bits, k, m),
        let(k, k - low),
        let(d, m + 1),
        let(s, f / d),
        let(s_low, rest_of_s / d),
        let(c, s * s),
        let(c_low, _rest("product", s, s) + 2 * s * s_low),
        let(u, third + fifth),
        let(u_low, _rest("sum", third, fifth) + THIRD_LOW),
        let(t, c * u),
        let(t_low, _rest("product", c, u) + c * u_low + c_low * u),
        let(total, folds + doubled),
        let(rest, _rest("sum", folds, doubled) + k * LN_2_LOW),
        let(rest, rest + _rest("product", doubled, t) + doubled * t_low),
        let(rest, rest + 2 * s_low * (1 + t) + _rest("sum", total, doubled * t)),
        let(total, total + doubled * t),
        let(high, total + rest),
        let(low, _rest("sum", total, rest)),
        when(
            ((y * high).of("abs") < 800).of("eqz"), give(call("f64", "exp", y * high))
        ),
        call("f64", "exp of sum", y * high, _rest("product", y, high) + y * low),
    ]
    return function("pow", [x, y], body, result="f64", uses=[*uses, bits])
