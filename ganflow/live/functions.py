"""Loops to functions of WebAssembly that all programs of a module share.

A program is then little more than calls with addresses. Four numbers at a time where
all are float32 and lie side by side; sums are added in float64.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from ganflow.live.encoding import Code, Function
from ganflow.live.instructions import counted, get, plus, whole
from ganflow.live.kinds import Store
from ganflow.live.steps import (
    Dims,
    Steps,
    applied,
    given,
    has_lanes,
    operand_kind,
    steps_of,
)
from ganflow.live.values import SIZES, Buffer, Shape, View, address, joined

LOWER, UPPER = bytes(range(8)), bytes(range(8, 16))


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
        steps, views = steps_of(loop.value)
        views = [loop.to, *views]
        dims = [
            (size, tuple(view.strides[k] * SIZES[view.dtype] for view in views))
            for k, size in enumerate(loop.value.shape)
        ]
        over = joined([dim for k, dim in enumerate(dims) if k in loop.over])
        over = [(size, (0, *steps[1:])) for size, steps in over]
        kept = joined([dim for k, dim in enumerate(dims) if k not in loop.over])
        places = [whole(address(view, at)) for view in views]
        size = SIZES[loop.to.dtype]
        side_by_side = not over and len(kept) == 1
        if side_by_side and isinstance(loop.value, View):
            if kept[0][1] == (size, size):
                return ("memory.copy", *places, whole(kept[0][0] * size))
        lanes = has_lanes(steps, kept)
        key = steps, tuple(kept), tuple(over), loop.parts, loop.to.dtype
        if side_by_side:
            places.append(whole(kept[0][0]))
            key = steps, kept[0][1], lanes, loop.to.dtype
        if key not in self._made:
            name = f"kernel {len(self._made)}"
            build = _Kernel(steps, kept, over, loop, lanes, side_by_side)
            self._made[key] = build.function(name, len(views))
        return ("call", self._made[key].name, *places)


class _Kernel:
    """One function under construction."""

    def __init__(
        self,
        steps: Steps,
        kept: Dims,
        over: Dims,
        loop: Store,
        lanes: bool,
        any_length: bool,
    ):
        self._steps, self._over, self._lanes = steps, over, lanes
        self._kept, self._dtype, self._parts = kept, loop.to.dtype, loop.parts
        self._any_length = any_length
        self._locals: dict[str, str] = {}

    def function(self, name: str, views: int) -> Function:
        *outer, inner = self._kept or [(1, (0,) * views)]
        body = self._row(*inner, again=bool(outer))
        body = self._nest(outer, body, "i", again=False)
        params = [(f"p{k}", "i32") for k in range(views)]
        params += [("n", "i32")] if self._any_length else []
        variables = tuple(self._locals.items())
        return Function(name, tuple(params), None, variables, tuple(body))

    def _row(self, size: int, strides: Shape, *, again: bool) -> list[Code]:
        """The fastest dimension: four at a time, then one by one."""
        code: list[Code] = []
        fours = size // 4 if self._lanes else 0
        rest = size - 4 * fours
        if self._any_length:
            if self._lanes:
                code += self._times(("i32.shr_u", get("n"), whole(2)), strides, 4)
                left = ("i32.and", get("n"), whole(3))
                one_by_one = self._times(left, strides, 1)
                return [*code, ("if", None, left, one_by_one, [])]
            return self._times(get("n"), strides, 1)
        if fours:
            code += self._times(whole(fours), strides, 4)
        if rest == 1:
            code += self._one(1) + _moved(strides, 1)
        elif rest:
            code += self._times(whole(rest), strides, 1)
        return code + (_moved(strides, -size) if again else [])

    def _times(self, count: Code, strides: Shape, width: int) -> list[Code]:
        body = self._one(width) + _moved(strides, width)
        return list(counted(self._local("i", "i32"), count, body))

    def _nest(
        self, dims: Dims, body: list[Code], name: str, *, again: bool
    ) -> list[Code]:
        """Loops around a body; `again` puts the addresses back at the end."""
        for k, (size, strides) in reversed(list(enumerate(dims))):
            counter = self._local(f"{name}{k}", "i32")
            body = list(counted(counter, whole(size), body + _moved(strides, 1)))
            body += _moved(strides, -size) if k or again else []
        return body

    def _one(self, width: int) -> list[Code]:
        """Store one number, or four; or the sums of the dimensions that go."""
        lane = width == 4
        computed = self._computed(lane)
        last = f"{'v' if lane else 's'}{len(self._steps) - 1}"
        if not self._over:
            store = "v128.store" if lane else f"{self._dtype}.store"
            return [*computed, (store, 0, get("p0"), get(last))]
        accumulators = ("low", "high") if lane else ("sum",)
        kind = "v128" if lane else "f64"
        zero = ("v128.const", bytes(16)) if lane else ("f64.const", 0.0)
        for name in accumulators:
            self._local(name, kind)
        body = computed + self._added(last, lane)
        return [
            *(("local.set", name, zero) for name in accumulators),
            *self._nest(self._over, body, "j", again=True),
            self._summed(lane),
        ]

    def _added(self, last: str, lane: bool) -> list[Code]:
        if not lane:
            term = get(last)
            if self._dtype == "f32":
                term = ("f64.promote_f32", term)
            return [("local.set", "sum", ("f64.add", get("sum"), term))]
        upper = ("i8x16.shuffle", UPPER + UPPER, get(last), get(last))
        halves = (("low", get(last)), ("high", upper))
        return [
            (
                "local.set",
                name,
                ("f64x2.add", get(name), ("f64x2.promote_low_f32x4", half)),
            )
            for name, half in halves
        ]

    def _summed(self, lane: bool) -> Code:
        if not lane:
            total = ("f64.div", get("sum"), ("f64.const", float(self._parts)))
            if self._dtype == "f32":
                total = ("f32.demote_f64", total)
            return (f"{self._dtype}.store", 0, get("p0"), total)
        parts = ("v128.const", struct.pack("<2d", self._parts, self._parts))
        low, high = (
            ("f32x4.demote_f64x2_zero", ("f64x2.div", get(name), parts))
            for name in ("low", "high")
        )
        both = ("i8x16.shuffle", LOWER + bytes(range(16, 24)), low, high)
        return ("v128.store", 0, get("p0"), both)

    def _computed(self, lane: bool) -> list[Code]:
        """Each step in a variable of its own."""
        code: list[Code] = []
        for k, (op, args, dtype) in enumerate(self._steps):
            if op == "load":
                name = "v128.load" if lane else f"{dtype}.load"
                splat = lane and not self._kept[-1][1][args[0]]
                value = (name + "32_splat" * splat, 0, get(f"p{args[0]}"))
            else:
                kind = operand_kind(self._steps, args, dtype)
                values = [given(arg, kind, lane) for arg in args]
                value = applied(op, values, kind, lane)
            name = f"{'v' if lane else 's'}{k}"
            own = "v128" if lane else "i32" if dtype == "mask" else dtype
            code.append(("local.set", self._local(name, own), value))
        return code

    def _local(self, name: str, kind: str) -> str:
        self._locals[name] = kind
        return name


def _moved(strides: Shape, count: int) -> list[Code]:
    """The addresses `count` places further."""
    return [
        ("local.set", f"p{k}", plus(get(f"p{k}"), whole(stride * count)))
        for k, stride in enumerate(strides)
        if stride
    ]
