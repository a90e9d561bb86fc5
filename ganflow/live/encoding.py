"""Functions of folded instructions to the bytes of a WebAssembly module.

An instruction is a tuple `(name, *immediates, *operands)` whose operands are
instructions: `("f32.store", 4, ("local.get", "to"), ("f32.const", 1.0))`. Blocks have
labels: `("loop", "again", [*body])`, `("br_if", "again", condition)`; an `if` is
`("if", result type or None, condition, [*then], [*else])`. So are `("call", name,
*operands)`, `("call_indirect", (types of operands, result), place, *operands)` and
`("return", value)`; `opcodes` has all others.

Source: WebAssembly core specification 2.0, chapter 5, *Binary Format*.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ganflow.live.binary import (
    number,
    sized,
    text,
    type_code,
    unsigned,
    vector,
    within,
)
from ganflow.live.opcodes import OPCODES, Opcode

Code = tuple[Any, ...]
Signature = tuple[tuple[str, ...], str | None]
END = b"\x0b"


@dataclass(frozen=True)
class Function:
    """One function of a module.

    Parameters
    ----------
    name : str
        What `call`, the table and the exports call it.
    params : tuple of (name, type)
        Types are "i32", "i64", "f32", "f64" and "v128".
    result : str or None
        The type of what it returns, if it does.
    locals : tuple of (name, type)
        Its variables besides the parameters, 0 at the start.
    body : tuple
        Instructions; the last leaves the result, or `("return", value)` does.
    export : bool, default False
        Whether the page may call it.
    """

    name: str
    params: tuple[tuple[str, str], ...]
    result: str | None
    locals: tuple[tuple[str, str], ...]
    body: tuple[Code, ...]
    export: bool = False


@dataclass(frozen=True)
class Module:
    """All that one module holds; it imports nothing.

    Parameters
    ----------
    functions : tuple of Function
        In any order; each may call all.
    globals : tuple of (name, type, number)
        Variables of all functions, with their first values.
    pages : int
        Of its memory, 65,536 bytes each; exported as "memory".
    table : tuple of str
        Functions that `call_indirect` finds by place.
    data : tuple of (int, bytes)
        What the memory holds at the start, and from which byte.
    """

    functions: tuple[Function, ...]
    globals: tuple[tuple[str, str, float], ...]
    pages: int
    table: tuple[str, ...]
    data: tuple[tuple[int, bytes], ...]


def encode(module: Module) -> bytes:
    """Write a module as the bytes that `WebAssembly.compile` takes.

    Parameters
    ----------
    module : Module
        Its exported functions keep their names.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        An unknown name of an instruction, a variable, a label or a function, a name
        given twice, a number that does not fit, or another count of operands. Types of
        operands are checked by who compiles the bytes.
    """
    names = _Names(module)
    functions = module.functions
    bodies = [_Body(function, names).written() for function in functions]
    kinds = [unsigned(names.signature(_signature(function))) for function in functions]
    exports = [text("memory") + b"\x02\0"] + [
        text(function.name) + b"\0" + unsigned(place)
        for place, function in enumerate(functions)
        if function.export
    ]
    table = [unsigned(names.function(name)) for name in module.table]
    data = [
        b"\0" + _constant("i32", at) + sized(content) for at, content in module.data
    ]
    sections = (
        (1, [_written_signature(one) for one in names.signatures]),
        (3, kinds),
        (4, [b"\x70\0" + unsigned(len(table))]),
        (5, [b"\0" + unsigned(module.pages)]),
        (6, [_global(kind, first) for _, kind, first in module.globals]),
        (7, exports),
        (9, [b"\0" + _constant("i32", 0) + vector(table)]),
        (10, [sized(body) for body in bodies]),
        (11, data),
    )
    written = (bytes([place]) + sized(vector(parts)) for place, parts in sections)
    return b"\0asm\1\0\0\0" + b"".join(written)


class _Names:
    """The numbers that stand for functions, globals and signatures."""

    def __init__(self, module: Module):
        self._functions = {f.name: f for f in module.functions}
        self._places = _places("function", [f.name for f in module.functions])
        self.globals = _places("global", [name for name, _, _ in module.globals])
        self.signatures: dict[Signature, int] = {}

    def function(self, name: str) -> int:
        return _known("function", name, self._places)

    def operands(self, name: str) -> int:
        return len(self._functions[name].params)

    def signature(self, signature: Signature) -> int:
        return self.signatures.setdefault(signature, len(self.signatures))


class _Body:
    """Writes the code of one function; every error names it."""

    def __init__(self, function: Function, names: _Names):
        self._function, self._names = function, names
        variables = [name for name, _ in (*function.params, *function.locals)]
        self._locals = _places(f"variable of {function.name}", variables)
        self._labels: list[str | None] = []

    def written(self) -> bytes:
        kinds = groupby(kind for _, kind in self._function.locals)
        try:
            declared = [unsigned(len([*run])) + type_code(kind) for kind, run in kinds]
            return vector(declared) + self._all(self._function.body) + END
        except ValueError as error:
            raise ValueError(f"function {self._function.name}: {error}") from None

    def _all(self, codes: Iterable[Code]) -> bytes:
        return b"".join(map(self._one, codes))

    def _one(self, code: Code) -> bytes:
        match code:
            case ("block", str(label), [*body]):
                return b"\x02\x40" + self._inside(label, body) + END
            case ("loop", str(label), [*body]):
                return b"\x03\x40" + self._inside(label, body) + END
            case ("if", result, condition, [*then]):
                return self._if(result, condition, then, [])
            case ("if", result, condition, [*then], [*other]):
                return self._if(result, condition, then, other)
            case ("call", name, *operands):
                return self._call(name, operands)
            case ("call_indirect", (params, result), index, *operands):
                return self._call_indirect((tuple(params), result), index, operands)
            case ("return", *value):
                _check_count("return", value, int(self._function.result is not None))
                return self._all(value) + b"\x0f"
            case (str(name), *rest) if name in OPCODES:
                return self._plain(name, rest, OPCODES[name])
        raise ValueError(
            f"{reprlib.repr(code)} is no instruction; expected (name, *immediates, "
            "*operands), as the first lines of ganflow/live/encoding.py have it"
        )

    def _plain(self, name: str, rest: Sequence[Any], opcode: Opcode) -> bytes:
        count = len(opcode.immediates)
        _check_count(name, rest, count + opcode.operands)
        following = map(self._immediate, opcode.immediates, rest[:count])
        return self._all(rest[count:]) + opcode.code + b"".join(following)

    def _immediate(self, kind: str, value: Any) -> bytes:
        if kind == "local":
            variable = f"variable of {self._function.name}"
            return unsigned(_known(variable, value, self._locals))
        if kind == "global":
            return unsigned(_known("global", value, self._names.globals))
        if kind == "label":
            return unsigned(self._depth(value))
        if kind == "offset":  # the 0 promises no alignment
            return b"\0" + unsigned(within("offset", value, 0, 1 << 32))
        if kind == "lane":
            return unsigned(within("lane", value, 0, 16))
        return number(kind, value)

    def _depth(self, label: str) -> int:
        """How many blocks further out the label stands; the innermost is 0."""
        if label not in self._labels:
            raise ValueError(f"no block around has the label {label!r}")
        return self._labels[::-1].index(label)

    def _inside(self, label: str | None, body: Iterable[Code]) -> bytes:
        self._labels.append(label)
        written = self._all(body)
        self._labels.pop()
        return written

    def _if(
        self, result: str | None, condition: Code, then: list[Code], other: list[Code]
    ) -> bytes:
        kind = b"\x40" if result is None else type_code(result)
        tail = b"\x05" + self._inside(None, other) if other else b""
        inside = kind + self._inside(None, then) + tail + END
        return self._one(condition) + b"\x04" + inside

    def _call(self, name: str, operands: list[Code]) -> bytes:
        place = self._names.function(name)
        _check_count(f"call {name}", operands, self._names.operands(name))
        return self._all(operands) + b"\x10" + unsigned(place)

    def _call_indirect(
        self, signature: Signature, index: Code, operands: list[Code]
    ) -> bytes:
        _check_count("call_indirect", operands, len(signature[0]))
        place = self._names.signature(signature)
        return self._all((*operands, index)) + b"\x11" + unsigned(place) + b"\0"


def _signature(function: Function) -> Signature:
    return tuple(kind for _, kind in function.params), function.result


def _written_signature(signature: Signature) -> bytes:
    params, result = signature
    results = [type_code(result)] if result else []
    return b"\x60" + vector([type_code(kind) for kind in params]) + vector(results)


def _places(what: str, names: Sequence[str]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(names)}
    if len(places) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            f"{what} {twice!r} is given twice; expected names of their own"
        )
    return places


def _known(what: str, name: str, places: dict[str, int]) -> int:
    if name not in places:
        raise ValueError(f"no {what} is called {name!r}; known: {', '.join(places)}")
    return places[name]


def _check_count(name: str, given: Sequence[Any], expected: int) -> None:
    if len(given) != expected:
        raise ValueError(
            f"{name} has {len(given)} immediates and operands; expected {expected}"
        )


def _global(kind: str, first: Any) -> bytes:
    return type_code(kind) + b"\1" + _constant(kind, first)


def _constant(kind: str, value: Any) -> bytes:
    """The expression that starts a global, or places data."""
    return OPCODES[f"{kind}.const"].code + number(kind, value) + END
