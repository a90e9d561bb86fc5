"""What a derivative trace is made of: nodes, edges, and what a node keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Saved:
    """One tensor that an operation keeps for its backward pass.

    `storage` numbers the memory it lies in: two records with one number share bytes.
    `parameter` is True when that memory is a network's weight, which exists anyway.
    `block` is the size of that memory, if it is known to be larger than `nbytes`: a
    saved slice keeps all that it was cut from.
    """

    name: str
    shape: tuple[int, ...]
    nbytes: int
    storage: int
    parameter: bool = False
    block: int | None = None


@dataclass(frozen=True)
class Node:
    """One operation or leaf of a trace.

    kind is "operation", "parameter" (a leaf that belongs to a network) or "input" (any
    other leaf: data, noise, a constant). `op` is the framework's name of the backward
    step ("AddmmBackward0"), `call` the function the forward pass called ("linear").
    `network` and `layer` say where it ran ("D", "2"); both None outside every network.
    `live`: a backward pass from the root visits it. `freed`: it did save tensors and
    they are gone, so a second backward pass would stop here.
    """

    id: int
    kind: str
    op: str
    call: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    network: str | None = None
    layer: str | None = None
    live: bool = True
    saved: tuple[Saved, ...] = ()
    freed: bool = False

    def __post_init__(self):
        if self.kind not in ("operation", "parameter", "input"):
            raise ValueError(
                f"kind is operation, parameter or input, not {self.kind!r}"
            )

    @property
    def label(self) -> str:
        """What to write in its box: the leaf's name, or the call that made it."""
        return self.name or self.call or self.op


@dataclass(frozen=True)
class Edge:
    """A way a derivative could travel: from `start` (nearer the loss) to `end`.

    live: the backward pass takes it. cut: what stops it here ("detach", "no_grad",
    "frozen parameter", ".data", "stop_gradient", …). Neither: it lies beyond a cut, or
    it brings in what needs no derivative (a named input).
    """

    start: int
    end: int
    live: bool = True
    cut: str | None = None

    def __post_init__(self):
        if self.live and self.cut:
            raise ValueError(f"an edge cut by {self.cut} cannot be live")
