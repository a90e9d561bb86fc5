"""Numbers, names and lists as the binary format of WebAssembly writes them.

Source: WebAssembly core specification 2.0, sections 5.1 and 5.2.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

TYPES = {"i32": 0x7F, "i64": 0x7E, "f32": 0x7D, "f64": 0x7C, "v128": 0x7B}


def unsigned(value: int) -> bytes:
    """A whole number >= 0 in LEB128: seven bits a byte, the lowest first."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def signed(value: int) -> bytes:
    """A whole number in LEB128 whose highest written bit is the sign."""
    written = bytearray()
    while not -0x40 <= value < 0x40:
        written.append(value & 0x7F | 0x80)
        value >>= 7  # keeps the sign
    return bytes([*written, value & 0x7F])


def number(kind: str, value: Any) -> bytes:
    """A constant as it stands in code; a whole number may be given without its sign."""
    if kind in ("i32", "i64"):
        bits = int(kind[1:])
        value = within(kind, value, -(1 << bits - 1), 1 << bits)
        return signed(value - (1 << bits) * (value >> bits - 1 > 0))
    if kind == "v128":
        if not (isinstance(value, bytes) and len(value) == 16):
            raise ValueError(f"v128 is {value!r}; expected 16 bytes")
        return value
    try:
        return struct.pack("<f" if kind == "f32" else "<d", value)
    except (OverflowError, struct.error):
        raise ValueError(f"{kind} is {value!r}; expected a number that fits") from None


def within(what: str, value: int, least: int, below: int) -> int:
    """Give back a whole number that fits its place."""
    if not (isinstance(value, int) and least <= value < below):
        raise ValueError(f"{what} is {value!r}; expected {least} <= whole < {below}")
    return value


def type_code(kind: str) -> bytes:
    """A type of numbers."""
    if kind not in TYPES:
        raise ValueError(f"no type is called {kind!r}; known: {', '.join(TYPES)}")
    return bytes([TYPES[kind]])


def sized(content: bytes) -> bytes:
    """Bytes after their count."""
    return unsigned(len(content)) + content


def vector(parts: Sequence[bytes]) -> bytes:
    """Parts after their count."""
    return unsigned(len(parts)) + b"".join(parts)


def text(name: str) -> bytes:
    """A name in UTF-8."""
    return sized(name.encode())
