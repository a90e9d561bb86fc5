"""Write instructions as formulas: `x * x + 1` instead of nested tuples.

Whole numbers have no sign here: `<`, `>>` and `%` are the unsigned ones. A plain number
becomes a constant of the other side's type; of lanes, the same in each.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ganflow.live.encoding import Code, Function

LANES = {"f32x4": "<4f", "f64x2": "<2d"}  # kinds of vectors, as `struct` packs them


def _operator(name: str) -> Callable[[Expression, Expression | float], Expression]:
    return lambda left, right: left.of(name, right)


def _comparison(name: str) -> Callable[[Expression, Expression | float], Expression]:
    def apply(left: Expression, right: Expression | float) -> Expression:
        sign = "" if left.kind in ("f32", "f64") else "_u"
        return left.of(name + sign, right, result="i32")

    return apply


@dataclass(frozen=True, eq=False)
class Expression:
    """What an instruction leaves.

    Parameters
    ----------
    kind : str
        Its type, such as "f64"; "f32x4" or "f64x2" for lanes of a v128.
    code : tuple
        The instruction.
    """

    kind: str
    code: Code

    def of(
        self, name: str, *others: Expression | float, result: str | None = None
    ) -> Expression:
        """The instruction `kind.name` of this value and others of its type."""
        operands = [self.like(other).code for other in others]
        code = (f"{self.kind}.{name}", self.code, *operands)
        return Expression(result or self.kind, code)

    def to(self, kind: str, name: str) -> Expression:
        """The instruction `kind.name` of this value, such as `demote_f64`."""
        return Expression(kind, (f"{kind}.{name}", self.code))

    def like(self, other: Expression | float) -> Expression:
        """Another value; a plain number as a constant of this type."""
        return other if isinstance(other, Expression) else constant(self.kind, other)

    def equals(self, other: Expression | float) -> Expression:
        """1 where both are the same number, else 0."""
        return self.of("eq", other, result="i32")

    def __radd__(self, other: float) -> Expression:
        return self.like(other) + self

    def __rmul__(self, other: float) -> Expression:
        return self.like(other) * self

    def __neg__(self) -> Expression:
        return self.of("neg")

    __add__, __sub__, __mul__ = map(_operator, ("add", "sub", "mul"))
    __truediv__, __mod__ = map(_operator, ("div", "rem_u"))
    __and__, __or__, __xor__ = map(_operator, ("and", "or", "xor"))
    __lshift__, __rshift__ = map(_operator, ("shl", "shr_u"))
    __lt__, __le__, __gt__ = map(_comparison, ("lt", "le", "gt"))


Part = Code | Expression  # of a body


def constant(kind: str, number: float) -> Expression:
    """A number that stands in the code."""
    if kind not in LANES:
        return Expression(kind, (f"{kind}.const", number))
    layout = LANES[kind]
    content = struct.pack(layout, *[number] * int(layout[1]))
    return Expression(kind, ("v128.const", content))


def variable(kind: str, name: str) -> Expression:
    """A variable of one function."""
    return Expression(kind, ("local.get", name))


def variables(kind: str, names: str) -> list[Expression]:
    """Variables of one function, by their names."""
    return [variable(kind, name) for name in names.split()]


def shared(kind: str, names: str) -> list[Expression]:
    """Variables of all functions, by their names."""
    return [Expression(kind, ("global.get", name)) for name in names.split()]


def load(kind: str, address: Expression, offset: int = 0) -> Expression:
    """The number, or the four, `offset` bytes after an address."""
    return Expression(kind, (f"{_type(kind)}.load", offset, address.code))


def splat(address: Expression) -> Expression:
    """One f32 of the memory in each of four lanes."""
    return Expression("f32x4", ("v128.load32_splat", 0, address.code))


def store(value: Expression, address: Expression, offset: int = 0) -> Code:
    """Put a number, or four, `offset` bytes after an address."""
    return (f"{_type(value.kind)}.store", offset, address.code, value.code)


def call(kind: str, name: str, *operands: Expression) -> Expression:
    """What a function of the module returns; "" if it returns nothing."""
    return Expression(kind, ("call", name, *(operand.code for operand in operands)))


def call_chosen(place: Expression) -> Code:
    """Call the function at a place of the table, which takes and returns nothing."""
    return ("call_indirect", ((), None), place.code)


def select(yes: Expression, no: Expression, condition: Expression) -> Expression:
    """One of two values; both are worked out."""
    name = "v128.bitselect" if yes.kind in LANES else "select"
    return Expression(yes.kind, (name, yes.code, no.code, condition.code))


def let(variable: Expression, value: Expression | float) -> Code:
    """Give a variable a value."""
    scope, name = variable.code[0].removesuffix(".get"), variable.code[1]
    return (f"{scope}.set", name, variable.like(value).code)


def when(condition: Expression, *then: Part) -> Code:
    """Do something if a condition holds."""
    return ("if", None, condition.code, codes(then))


def give(value: Expression) -> Code:
    """Return a value from the function."""
    return ("return", value.code)


def repeat(count: Expression, *body: Part) -> Code:
    """Do something so often, 0 times too; counts the variable down to 0."""
    down = let(count, count - 1)
    again = [("br_if", "enough", count.equals(0).code), *codes(body), down]
    return ("block", "enough", [("loop", "again", [*again, ("br", "again")])])


def counted(count: Expression, times: Expression | int, *body: Part) -> list[Code]:
    """Do something so often, at least once; counts the variable down to 0."""
    name = count.code[1]
    again = ("br_if", name, ("local.tee", name, (count - 1).code))
    return [let(count, times), ("loop", name, [*codes(body), again])]


def codes(body: Iterable[Part]) -> list[Code]:
    """Expressions and instructions as instructions."""
    return [part.code if isinstance(part, Expression) else part for part in body]


def function(
    name: str,
    params: Sequence[Expression],
    body: Sequence[Part],
    *,
    result: str | None = None,
    uses: Sequence[Expression] = (),
    export: bool = False,
) -> Function:
    """A function of parameters and other variables, each made by `variables`."""
    taken, others = (
        tuple((value.code[1], _type(value.kind)) for value in values)
        for values in (params, uses)
    )
    return Function(name, taken, result, others, tuple(codes(body)), export)


def _type(kind: str) -> str:
    return "v128" if kind in LANES else kind
