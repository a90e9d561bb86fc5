"""Short names for the instructions that loops are made of."""

from __future__ import annotations

from collections.abc import Sequence

from ganflow.live.encoding import Code


def get(name: str) -> Code:
    """The value of a variable."""
    return ("local.get", name)


def whole(number: int) -> Code:
    """A constant i32."""
    return ("i32.const", number)


def plus(*terms: Code) -> Code:
    """The sum of some i32."""
    first, *rest = terms
    return ("i32.add", first, plus(*rest)) if rest else first


def times(a: Code, b: Code) -> Code:
    """The product of two i32."""
    return ("i32.mul", a, b)


def counted(name: str, count: Code, body: Sequence[Code]) -> tuple[Code, ...]:
    """Do something `count` times, at least once; `name` is a variable, counting down.

    Parameters
    ----------
    name : str
        An i32 variable of its own.
    count : Code
        An i32, >= 1.
    body : sequence of Code
        What is done.

    Returns
    -------
    tuple of Code
    """
    less = ("i32.sub", get(name), whole(1))
    again = ("br_if", name, ("local.tee", name, less))
    return ("local.set", name, count), ("loop", name, [*body, again])
