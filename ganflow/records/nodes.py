"""What a derivative trace is made of: nodes, edges, and what a node keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Saved:
    """One tensor that an operation keeps for its backward pass.

    Parameters
    ----------
    name : str
        What the framework calls it ("self", "weight").
    shape : tuple of int
        Its shape.
    nbytes : int
        Its own size in bytes.
    storage : int
        The number of the memory it lies in: two records with one number share bytes.
    parameter : bool
        That memory is a network's weight, which exists anyway.
    block : int or None
        The size of that memory in bytes, if it is known to be larger than `nbytes`: a
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

    Parameters
    ----------
    id : int
        Its number in the trace.
    kind : "operation", "parameter" or "input"
        A parameter is a leaf that belongs to a network; an input is any other leaf:
        data, noise, a constant.
    op : str
        The framework's name of the backward step ("AddmmBackward0").
    call : str
        The function that the forward pass called ("linear").
    name : str
        A leaf's own.
    shape : tuple of int, or None
        Of its value, if it is known.
    network : str or None
        The network it ran in ("D"); None outside every network.
    layer : str or None
        The path of its layer in the network ("2").
    live : bool
        A backward pass from the root visits it.
    saved : tuple of Saved
        What it keeps for its backward pass.
    freed : bool
        It did save tensors and they are gone, so a second backward pass would stop
        here.
    unseen : dict of network -> str
        The networks whose values may have come here on a way that nobody saw, each with
        what hides the way ("numpy()", "reentrant checkpoint", …).

    Raises
    ------
    ValueError
        Another kind.
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
    unseen: Mapping[str, str] = field(default_factory=dict)

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
    """A way a derivative could travel.

    An edge that is neither live nor cut lies beyond a cut, or brings in what needs no
    derivative (a named input).

    Parameters
    ----------
    start : int
        The id of the node nearer the loss.
    end : int
        The id of the node behind it.
    live : bool
        The backward pass takes it.
    cut : str or None
        What stops the pass here ("detach", "no_grad", "frozen parameter", ".data",
        "stop_gradient", …).

    Raises
    ------
    ValueError
        An edge that is live and cut.
    """

    start: int
    end: int
    live: bool = True
    cut: str | None = None

    def __post_init__(self):
        if self.live and self.cut:
            raise ValueError(f"an edge cut by {self.cut} cannot be live")
