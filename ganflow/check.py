"""What a caller passed against what was expected: one wording for every mistake.

`name` is what the caller calls the value. Each function gives the value back, in the
type that the package computes with, or raises a ValueError "NAME is VALUE; expected
WHAT". Python's and NumPy's numbers pass alike; True is no number, "0.1" neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from numbers import Integral, Real
from typing import Any, TypeVar

T = TypeVar("T")


def one_of(name: str, value: T, known: Iterable[object]) -> T:
    """Give back the value if it is one of `known`; a mapping stands for its keys."""
    known = tuple(known)
    if value not in known:
        raise _wrong(name, value, f"one of {', '.join(map(str, known))}")
    return value


def number(
    name: str,
    value: Any,
    *,
    above: float = -inf,
    least: float = -inf,
    below: float = inf,
    most: float = inf,
) -> float:
    """Give back the value as a float if it is finite and within its limits.

    It must not reach `above` and `below`; it may reach `least` and `most`.
    """
    # NaN is neither above nor below anything.
    inside = _is(Real, value) and above < value < below and least <= value <= most
    if not inside:
        limits = {"above": above, "at least": least, "below": below, "at most": most}
        raise _wrong(name, value, "a finite number" + _words(limits))
    return float(value)


def whole(name: str, value: Any, *, least: int, below: float = inf) -> int:
    """Give back the value as an int if it is an integer within its limits.

    It may reach `least`; it must not reach `below`.
    """
    if not (_is(Integral, value) and least <= value < below):
        limits = {"at least": least, "below": below}
        raise _wrong(name, value, "a whole number" + _words(limits))
    return int(value)


def _is(kind: type, value: object) -> bool:
    """Whether it is a number of that kind; for Python, True is one."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _words(limits: dict[str, float]) -> str:
    """The limits that there are, such as ", at least 0 and below 1"."""
    said = [f"{word} {limit}" for word, limit in limits.items() if abs(limit) < inf]
    return f", {' and '.join(said)}" if said else ""


def _wrong(name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"{name} is {value!r}; expected {expected}")
