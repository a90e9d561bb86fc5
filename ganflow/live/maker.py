"""What an operator may ask of the translation that calls it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ganflow.live.graph import DTYPES, Node
from ganflow.live.values import Array, Operand, View


class Maker(Protocol):
    """What makes values and loops; `ganflow.live.loops` has it."""

    def each(self, op: str, dtype: str, *args: Operand) -> Array:
        """The value of an operation on each number."""
        ...

    def cast(self, value: Any, dtype: str) -> Any:
        """The value as numbers of that type."""
        ...

    def stored(self, value: Array) -> View:
        """The value where a loop left it."""
        ...

    def filled(self, shape: Sequence[int], dtype: str, parts: list) -> View:
        """A new buffer whose parts, (offset along each dimension, value), are given."""
        ...

    def summed(self, value: Array, over: list[int], parts: int = 1) -> Array:
        """Its sums over some dimensions, kept with size 1, divided by `parts`."""
        ...

    def multiplied(self, a: View, b: View, bias: View | None) -> View:
        """A matrix product, and a row that is added to each of its rows."""
        ...

    def called(self, kind: str, player: str, given: list[list[Array]]) -> list[View]:
        """The results of a derivative or of a projection."""
        ...


Operator = Callable[..., Any]


def dtype_of(node: Node) -> str:
    """The type of a node's numbers: "f32", "f64" or "mask".

    Parameters
    ----------
    node : Node
        Of a trace.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Another dtype.
    """
    if node.dtype not in DTYPES.values():
        raise ValueError(
            f"{node.name} makes numbers of {node.dtype}; a page computes in float32, "
            "float64 and conditions only"
        )
    return node.dtype
