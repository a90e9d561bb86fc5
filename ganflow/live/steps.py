"""A value as the steps that compute one number of it, or four at a time."""

from __future__ import annotations

import struct
from typing import Any

from ganflow.live.encoding import Code
from ganflow.live.instructions import get
from ganflow.live.values import Operand, Shape, Value, View

Steps = tuple[tuple[str, tuple[Any, ...], str], ...]
Dims = list[tuple[int, Shape]]
SLOW = ("exp", "log1p", "pow")  # functions of one number, in float64


def steps_of(value: Operand) -> tuple[Steps, list[View]]:
    """What a value is made of, each step once, and the views that it loads.

    Parameters
    ----------
    value : Value, View or float
        What is to be computed.

    Returns
    -------
    tuple (steps, views)
        A step is (op, arguments, type): numbers of earlier steps, and constants as
        text; a "load" has the number of a view, from 1. The last step is the value.
    """
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


def operand_kind(steps: Steps, args: tuple, dtype: str) -> str:
    """The type of the numbers that a step computes with.

    Parameters
    ----------
    steps : tuple
        As `steps_of` makes them.
    args : tuple
        The step's arguments.
    dtype : str
        The type of its result.

    Returns
    -------
    str
    """
    kinds = [steps[arg][2] for arg in args if isinstance(arg, int)]
    if dtype == "mask":
        return next((kind for kind in kinds if kind != "mask"), "f32")
    return dtype


def given(arg: int | str, kind: str, lane: bool) -> Code:
    """An argument of a step: an earlier step, or a constant.

    Parameters
    ----------
    arg : int or str
        As `steps_of` has it.
    kind : str
        The type of a constant.
    lane : bool
        Whether four numbers are computed at once.

    Returns
    -------
    Code
    """
    if isinstance(arg, int):
        return get(f"{'v' if lane else 's'}{arg}")
    number = float.fromhex(arg)
    if lane:
        return ("v128.const", struct.pack("<4f", *[number] * 4))
    return (f"{kind}.const", number)


def applied(op: str, values: list[Code], kind: str, lane: bool) -> Code:
    """The instruction for a step.

    Parameters
    ----------
    op : str
        As a Value has it.
    values : list of Code
        Its arguments.
    kind : str
        The type of what it computes with.
    lane : bool
        Whether four numbers are computed at once.

    Returns
    -------
    Code
    """
    if op == "const":
        return values[0]
    if op == "select":
        mask, yes, no = values
        return ("v128.bitselect" if lane else "select", yes, no, mask)
    if op == "cast":
        return ("f32.demote_f64" if kind == "f32" else "f64.promote_f32", *values)
    if op in SLOW:
        return ("call", op, *values)
    return (f"{'f32x4' if lane else kind}.{op}", *values)


def has_lanes(steps: Steps, kept: Dims) -> bool:
    """Whether four numbers along the fastest dimension can be computed at once.

    Parameters
    ----------
    steps : tuple
        As `steps_of` makes them.
    kept : list of (size, strides)
        The dimensions, and for each the strides in bytes, of the result first.

    Returns
    -------
    bool
    """
    if not kept or kept[-1][0] < 4:
        return False
    to, *views = kept[-1][1]
    plain = all(op not in (*SLOW, "cast") and kind != "f64" for op, _, kind in steps)
    return plain and to == 4 and set(views) <= {0, 4}
