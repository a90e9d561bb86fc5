"""Loops to functions of WebAssembly that all programs of a module share.

A program is then little more than calls with addresses. Four numbers at a time where
all are float32 and lie side by side; sums are added in float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganflow.live.encoding import Code, Function
from ganflow.live.expressions import (
    Expression,
    Part,
    call,
    constant,
    counted,
    function,
    let,
    load,
    select,
    splat,
    store,
    variable,
    when,
)
from ganflow.live.loops import Store
from ganflow.live.values import SIZES, Buffer, Operand, Shape, Value, View, address

# What is computed of one number: (op, arguments, type). An argument is the number of an
# earlier step, or a constant as text; a "load" has the number of a view, from 1.
Steps = tuple[tuple[str, tuple[Any, ...], str], ...]
Dims = list[tuple[int, Shape]]  # sizes, and for each the strides of the views in bytes
SLOW = ("exp", "log1p", "pow")  # functions of one number, in float64


class Kernels:
    """The functions that loops call, each made once."""

    def __init__(self):
        self._made: dict[tuple, Function] = {}

    @property
    def functions(self) -> list[Function]:
        """All that were made."""
        return list(self._made.values())

    def code(self, loop: Store, at: Mapping[Buffer, int]) -> Code:
        """One loop as an instruction.

        Parameters
        ----------
        loop : Store
            What is to be stored.
        at : dict of int
            The addresses of its buffers.

        Returns
        -------
        Code
            A call of a function that is made where it is new, or a copy of memory.
        """
        steps, loaded = _steps_of(loop.value)
        views = [loop.to, *loaded]
        dims = [
            (size, tuple(view.strides[k] * SIZES[view.dtype] for view in views))
            for k, size in enumerate(loop.value.shape)
        ]
        over = _joined([dim for k, dim in enumerate(dims) if k in loop.over])
        over = [(size, (0, *strides[1:])) for size, strides in over]
        kept = _joined([dim for k, dim in enumerate(dims) if k not in loop.over])
        places = [("i32.const", address(view, at)) for view in views]
        size = SIZES[loop.to.dtype]
        key = steps, tuple(kept), tuple(over), loop.parts, loop.to.dtype
        one_row = not over and len(kept) == 1
        if one_row:
            (length, strides) = kept[0]
            if isinstance(loop.value, View) and strides == (size, size):
                return ("memory.copy", *places, ("i32.const", length * size))
            places.append(("i32.const", length))
            key = steps, strides, _has_lanes(steps, kept), loop.to.dtype
        if key not in self._made:
            kernel = _Kernel(steps, kept, over, loop, any_length=one_row)
            self._made[key] = kernel.function(f"kernel {len(self._made)}", len(views))
        return ("call", self._made[key].name, *places)


class _Kernel:
    """One function under construction."""

    def __init__(
        self, steps: Steps, kept: Dims, over: Dims, loop: Store, *, any_length: bool
    ):
        self._steps, self._kept, self._over = steps, kept, over
        self._dtype, self._parts = loop.to.dtype, loop.parts
        self._lanes, self._any_length = _has_lanes(steps, kept), any_length
        self._uses: dict[str, Expression] = {}

    def function(self, name: str, views: int) -> Function:
        *outer, inner = self._kept or [(1, (0,) * views)]
        body = self._row(*inner, again=bool(outer))
        body = self._nest(outer, body, "i", again=False)
        params = [_place(k) for k in range(views)]
        params += [variable("i32", "n")] if self._any_length else []
        return function(name, params, body, uses=list(self._uses.values()))

    def _row(self, size: int, strides: Shape, *, again: bool) -> list[Part]:
        """The fastest dimension: four at a time, then one by one."""
        if self._any_length:
            n = variable("i32", "n")
            if not self._lanes:
                return self._times(n, strides, 1)
            left = n & 3
            one_by_one = when(left, *self._times(left, strides, 1))
            return [*self._times(n >> 2, strides, 4), one_by_one]
        fours, rest = divmod(size, 4) if self._lanes else (0, size)
        body = self._times(fours, strides, 4) if fours else []
        if rest == 1:
            body += self._one(1) + _moved(strides, 1)
        elif rest:
            body += self._times(rest, strides, 1)
        return body + (_moved(strides, -size) if again else [])

    def _times(self, count: Expression | int, strides: Shape, width: int) -> list[Part]:
        body = self._one(width) + _moved(strides, width)
        return [*counted(self._own("i32", "i"), count, *body)]

    def _nest(
        self, dims: Dims, body: list[Part], name: str, *, again: bool
    ) -> list[Part]:
        """Loops around a body; `again` puts the addresses back at the end."""
        for k, (size, strides) in reversed(list(enumerate(dims))):
            counter = self._own("i32", f"{name}{k}")
            body = [*counted(counter, size, *body, *_moved(strides, 1))]
            body += _moved(strides, -size) if k or again else []
        return body

    def _one(self, width: int) -> list[Part]:
        """Store one number, or four; or the sums of the dimensions that go."""
        computed, last = self._computed(lane=width == 4)
        if not self._over:
            return [*computed, store(last, _place(0))]
        halves = self._halves(last)
        kind = next(iter(halves.values())).kind
        sums = [self._own(kind, name) for name in halves]
        added = [
            let(s, s + half) for s, half in zip(sums, halves.values(), strict=True)
        ]
        return [
            *(let(s, 0) for s in sums),
            *self._nest(self._over, [*computed, *added], "j", again=True),
            store(self._rounded([s / self._parts for s in sums]), _place(0)),
        ]

    def _halves(self, number: Expression) -> dict[str, Expression]:
        """The number in float64; of four the lower two and the upper two."""
        if number.kind == "f64":
            return {"sum": number}
        if number.kind == "f32":
            return {"sum": number.to("f64", "promote_f32")}
        upper = _shuffled([8, 9, 10, 11, 12, 13, 14, 15] * 2, number, number)
        halves = {"low": number, "high": upper}
        name = "promote_low_f32x4"
        return {own: half.to("f64x2", name) for own, half in halves.items()}

    def _rounded(self, sums: list[Expression]) -> Expression:
        """What `_halves` has parted, as it is stored."""
        if self._dtype == "f64":
            return sums[0]
        if len(sums) == 1:
            return sums[0].to("f32", "demote_f64")
        low, high = (half.to("f32x4", "demote_f64x2_zero") for half in sums)
        return _shuffled([*range(8), *range(16, 24)], low, high)

    def _computed(self, *, lane: bool) -> tuple[list[Part], Expression]:
        """Each step in a variable of its own; the last is what is stored."""
        code, found = list[Part](), list[Expression]()
        for k, (op, args, dtype) in enumerate(self._steps):
            kind = "f32x4" if lane else dtype
            if op == "load":
                place = _place(args[0])
                still = lane and not self._kept[-1][1][args[0]]
                value = splat(place) if still else load(kind, place)
            else:
                kinds = [found[a].kind for a in args if isinstance(a, int)]
                if kind == "mask":
                    kind = next((own for own in kinds if own != "i32"), "f32")
                given = [
                    found[a] if isinstance(a, int) else constant(kind, float.fromhex(a))
                    for a in args
                ]
                value = _applied(op, given, kind)
            own = "i32" if dtype == "mask" and not lane else kind
            found.append(self._own(own, f"{'v' if lane else 's'}{k}"))
            code.append(let(found[-1], value))
        return code, found[-1]

    def _own(self, kind: str, name: str) -> Expression:
        return self._uses.setdefault(name, variable(kind, name))


def _steps_of(value: Operand) -> tuple[Steps, list[View]]:
    """What a value is made of, each step once and the value last; what it loads."""
    steps: dict[tuple[str, tuple, str], int] = {}
    views: dict[tuple, View] = {}
    known: dict[Operand, int] = {}

    def number(part: Operand) -> int | str:
        if not isinstance(part, Value | View):
            return float(part).hex()  # as text: no step's number, and -0 is not 0
        if part in known:
            return known[part]
        if isinstance(part, View):
            place = part.buffer, part.offset, part.strides
            views.setdefault(place, part)
            step = "load", (list(views).index(place) + 1,), part.dtype
        else:
            step = part.op, tuple(number(arg) for arg in part.args), part.dtype
        known[part] = steps.setdefault(step, len(steps))
        return known[part]

    number(value)
    return tuple(steps), list(views.values())


def _joined(dims: Dims) -> Dims:
    """Fewest dimensions that walk several views in the same order."""
    found: Dims = []
    for size, strides in dims:
        if size == 1:
            continue
        if found and found[-1][1] == tuple(stride * size for stride in strides):
            found[-1] = found[-1][0] * size, strides
        else:
            found.append((size, strides))
    return found


def _has_lanes(steps: Steps, kept: Dims) -> bool:
    """Whether four numbers along the fastest dimension can be computed at once."""
    if not kept or kept[-1][0] < 4:
        return False
    to, *views = kept[-1][1]
    plain = all(op not in (*SLOW, "cast") and kind != "f64" for op, _, kind in steps)
    return plain and to == 4 and set(views) <= {0, 4}


def _applied(op: str, values: list[Expression], kind: str) -> Expression:
    """The instruction for a step that computes with numbers of a kind."""
    first, *others = values
    if op == "const":
        return first
    if op == "select":
        return select(others[0], others[1], first)
    if op == "cast":
        return first.to(kind, "demote_f64" if kind == "f32" else "promote_f32")
    if op in SLOW:
        return call("f64", op, *values)
    return Expression(kind, (f"{kind}.{op}", *(value.code for value in values)))


def _shuffled(order: list[int], a: Expression, b: Expression) -> Expression:
    """Bytes of two vectors."""
    return Expression("f32x4", ("i8x16.shuffle", bytes(order), a.code, b.code))


def _place(k: int) -> Expression:
    """The address of view k, 0 for the result."""
    return variable("i32", f"p{k}")


def _moved(strides: Shape, count: int) -> list[Part]:
    """The addresses `count` places further."""
    return [
        let(_place(k), _place(k) + stride * count)
        for k, stride in enumerate(strides)
        if stride
    ]
