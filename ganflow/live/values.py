"""What a traced program computes with: buffers, strided views of them, lazy values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

SIZES = {"f32": 4, "f64": 8, "i32": 4}  # bytes
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Buffer:
    """A piece of memory.

    Parameters
    ----------
    name : str
        What messages call it.
    dtype : str
        "f32", "f64" or "i32".
    length : int
        >= 1, numbers in it.
    """

    name: str
    dtype: str
    length: int

    @property
    def bytes(self) -> int:
        """What it takes, in whole vectors of 16 bytes."""
        return -(-self.length * SIZES[self.dtype] // 16) * 16


@dataclass(frozen=True, eq=False)
class View:
    """Numbers of a buffer, as a tensor's strides read them.

    Parameters
    ----------
    buffer : Buffer
        Where they are.
    shape : tuple of int
        Of the tensor.
    strides : tuple of int
        From one number to the next along each dimension, in numbers.
    offset : int, default 0
        Of the first number.
    """

    buffer: Buffer
    shape: Shape
    strides: Shape
    offset: int = 0

    @classmethod
    def of(cls, buffer: Buffer, shape: Sequence[int]) -> View:
        """The whole buffer, row by row."""
        steps = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
        return cls(buffer, tuple(shape), tuple(steps))

    @property
    def dtype(self) -> str:
        """Of its buffer."""
        return self.buffer.dtype

    def moved(self, shape: Sequence[int], strides: Sequence[int], by: int = 0) -> View:
        """Other numbers of the same buffer."""
        return View(self.buffer, tuple(shape), tuple(strides), self.offset + by)


@dataclass(frozen=True, eq=False)
class Value:
    """What an operator makes of each number of its arguments; not computed yet.

    Parameters
    ----------
    op : str
        A name of WebAssembly without its type, such as "add"; or "const", "select",
        "cast", "exp", "log1p", "pow".
    args : tuple of Value, View or float
        All of its shape.
    shape : tuple of int
        Of the result.
    dtype : str
        "f32", "f64", or "mask" for a condition, which is never stored.
    """

    op: str
    args: tuple[Operand, ...]
    shape: Shape
    dtype: str


Array = View | Value
Operand = View | Value | float


def address(view: View, at: Mapping[Buffer, int]) -> int:
    """The byte at which a view starts.

    Parameters
    ----------
    view : View
        Of a buffer that has an address.
    at : dict of int
        The addresses of buffers.

    Returns
    -------
    int
    """
    return at[view.buffer] + view.offset * SIZES[view.dtype]


def views_in(value: Operand) -> Iterator[View]:
    """The views that a value reads, each as often as it is read.

    Parameters
    ----------
    value : Value, View or float
        What is asked.

    Yields
    ------
    View
    """
    if isinstance(value, View):
        yield value
    elif isinstance(value, Value):
        for arg in value.args:
            yield from views_in(arg)


def viewed(value: Array, change: Callable[[View], View]) -> Array:
    """The same numbers in another order: a view of a value is a value of views.

    Parameters
    ----------
    value : Value or View
        What is viewed.
    change : callable
        A view of the value's shape to a view of the new shape.

    Returns
    -------
    Value or View
    """
    blank = View(Buffer("", "f32", 1), value.shape, (0,) * len(value.shape))
    shape, done = change(blank).shape, {}

    def of(part: Operand) -> Operand:
        if isinstance(part, View):
            return change(part)
        if not isinstance(part, Value):
            return part
        if part not in done:  # what two share is still one
            args = tuple(of(arg) for arg in part.args)
            done[part] = Value(part.op, args, shape, part.dtype)
        return done[part]

    found = of(value)
    assert isinstance(found, View | Value)
    return found


def expand(value: Array, shape: Sequence[int]) -> Array:
    """Repeat dimensions of size 1, and new leading ones, as broadcasting does.

    Parameters
    ----------
    value : Value or View
        What is repeated.
    shape : sequence of int
        The new shape; -1 keeps a size.

    Returns
    -------
    Value or View
        `value` itself where its shape is that already.
    """
    lead = len(shape) - len(value.shape)
    old = (1,) * lead + value.shape
    new = tuple(m if n == -1 else n for m, n in zip(old, shape, strict=True))
    if new == value.shape:
        return value

    def one(view: View) -> View:
        strides = (0,) * lead + view.strides
        sizes = zip(old, new, strides, strict=True)
        return view.moved(new, [0 if m == 1 else step for m, _, step in sizes])

    return viewed(value, one)
