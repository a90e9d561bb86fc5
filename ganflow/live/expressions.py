"""Write instructions as formulas: `x * x + 1` instead of nested tuples.

For functions that are written by hand. Whole numbers have no sign here: `<`, `>>` and
`%` are the unsigned ones. A plain number becomes a constant of the other side's type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ganflow.live.encoding import Code, Function


@dataclass(frozen=True, eq=False)
class Value:
    """What an instruction leaves.

    Parameters
    ----------
    kind : str
        Its type, such as "f64".
    code : tuple
        The instruction.
    """

    kind: str
    code: Code

    def of(self, name: str, *others: Value | float, result: str | None = None) -> Value:
        """The instruction `kind.name` of this value and others of its type."""
        operands = [self._like(other).code for other in others]
        code = (f"{self.kind}.{name}", self.code, *operands)
        return Value(result or self.kind, code)

    def to(self, kind: str, name: str) -> Value:
        """The instruction `kind.name` of this value, such as `demote_f64`."""
        return Value(kind, (f"{kind}.{name}", self.code))

    def _like(self, other: Value | float) -> Value:
        return other if isinstance(other, Value) else constant(self.kind, other)

    def _compared(self, name: str, other: Value | float) -> Value:
        sign = "" if self.kind in ("f32", "f64") else "_u"
        return self.of(name + sign, other, result="i32")

    def __add__(self, other: Value | float) -> Value:
        return self.of("add", other)

    def __radd__(self, other: float) -> Value:
        return self._like(other) + self

    def __sub__(self, other: Value | float) -> Value:
        return self.of("sub", other)

    def __mul__(self, other: Value | float) -> Value:
        return self.of("mul", other)

    def __rmul__(self, other: float) -> Value:
        return self._like(other) * self

    def __truediv__(self, other: Value | float) -> Value:
        return self.of("div", other)

    def __mod__(self, other: Value | int) -> Value:
        return self.of("rem_u", other)

    def __neg__(self) -> Value:
        return self.of("neg")

    def __and__(self, other: Value | int) -> Value:
        return self.of("and", other)

    def __or__(self, other: Value | int) -> Value:
        return self.of("or", other)

    def __xor__(self, other: Value | int) -> Value:
        return self.of("xor", other)

    def __lshift__(self, other: Value | int) -> Value:
        return self.of("shl", other)

    def __rshift__(self, other: Value | int) -> Value:
        return self.of("shr_u", other)

    def __lt__(self, other: Value | float) -> Value:
        return self._compared("lt", other)

    def __le__(self, other: Value | float) -> Value:
        return self._compared("le", other)

    def __gt__(self, other: Value | float) -> Value:
        return self._compared("gt", other)

    def equals(self, other: Value | float) -> Value:
        """1 where both are the same number, else 0."""
        return self.of("eq", other, result="i32")


def constant(kind: str, number: float) -> Value:
    """A number that stands in the code."""
    return Value(kind, (f"{kind}.const", number))


def variables(kind: str, names: str) -> list[Value]:
    """Variables of one function, by their names."""
    return [Value(kind, ("local.get", name)) for name in names.split()]


def shared(kind: str, names: str) -> list[Value]:
    """Variables of all functions, by their names."""
    return [Value(kind, ("global.get", name)) for name in names.split()]


def load(kind: str, address: Value, offset: int = 0) -> Value:
    """The number that lies `offset` bytes after an address."""
    return Value(kind, (f"{kind}.load", offset, address.code))


def call(kind: str, name: str, *operands: Value) -> Value:
    """What a function of the module returns."""
    return Value(kind, ("call", name, *(operand.code for operand in operands)))


def select(yes: Value, no: Value, condition: Value) -> Value:
    """One of two values; both are worked out."""
    return Value(yes.kind, ("select", yes.code, no.code, condition.code))


def store(value: Value, address: Value, offset: int = 0) -> Code:
    """Put a number `offset` bytes after an address."""
    return (f"{value.kind}.store", offset, address.code, value.code)


def let(variable: Value, value: Value | float) -> Code:
    """Give a variable a value."""
    scope, name = variable.code[0].removesuffix(".get"), variable.code[1]
    return (f"{scope}.set", name, variable._like(value).code)


def when(condition: Value, *then: Code) -> Code:
    """Do something if a condition holds."""
    return ("if", None, condition.code, [*then])


def give(value: Value) -> Code:
    """Return a value from the function."""
    return ("return", value.code)


def repeat(count: Value, *body: Code) -> Code:
    """Do something so often; counts the variable down to 0."""
    down = let(count, count - 1)
    again = [("br_if", "enough", count.equals(0).code), *body, down, ("br", "again")]
    return ("block", "enough", [("loop", "again", again)])


def function(
    name: str,
    params: Sequence[Value],
    body: Sequence[Code | Value],
    *,
    result: str | None = None,
    uses: Sequence[Value] = (),
    export: bool = False,
) -> Function:
    """A function of parameters and other variables, each made by `variables`."""
    return Function(
        name,
        tuple((value.code[1], value.kind) for value in params),
        result,
        tuple((value.code[1], value.kind) for value in uses),
        tuple(part.code if isinstance(part, Value) else part for part in body),
        export,
    )
