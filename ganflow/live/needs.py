"""What a trace needs computed: each operator once, and none that nobody reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganflow.live.graph import Node, Trace
from ganflow.live.operators import CONSTANTS, IN_PLACE, VIEWS


@dataclass(frozen=True)
class Needs:
    """The part of a trace that is to be computed.

    Parameters
    ----------
    nodes : list of Node
        On which the output depends, in order.
    same : dict of Node
        For a node that does what an earlier one did, that one.
    readers : dict of list of Node
        Which nodes compute with each, through all views of it.
    """

    nodes: list[Node]
    same: dict[Node, Node]
    readers: dict[Node, list[Node]]


def needs_of(trace: Trace) -> Needs:
    """Find what a trace needs computed.

    Parameters
    ----------
    trace : Trace
        Operators that write over a value count as if they made a new one.

    Returns
    -------
    Needs

    Raises
    ------
    ValueError
        An input is written over, or a value is read after it was.
    """
    _refuse_stale(trace.nodes)
    same = _equals(trace.nodes)

    def reads(node: Node) -> list[Node]:
        # What a constant is like need not be computed.
        args = [] if name_of(node) in CONSTANTS else node.reads
        return [same.get(arg, arg) for arg in args]

    live = {trace.nodes[-1]}
    for node in reversed(trace.nodes):
        live.update(reads(node) if node in live else [])
    nodes = [node for node in trace.nodes if node in live]
    readers: dict[Node, list[Node]] = {node: [] for node in nodes}
    for node in reversed(nodes):
        own = readers[node] if name_of(node) in VIEWS else [node]
        for arg in reads(node):
            readers[arg] += own
    return Needs(nodes, same, readers)


def name_of(node: Node) -> str:
    """The operator that a node calls; one that writes over its argument as the other.

    Parameters
    ----------
    node : Node
        Of a trace.

    Returns
    -------
    str
    """
    return IN_PLACE.get(node.name, node.name)


def _equals(nodes: Sequence[Node]) -> dict[Node, Node]:
    """The nodes that do what an earlier one does, and that one."""
    same: dict[Node, Node] = {}
    seen: dict[tuple, Node] = {}

    def key(arg: Any) -> Any:
        if isinstance(arg, Node):
            return same.get(arg, arg)
        return tuple(map(key, arg)) if isinstance(arg, list) else repr(arg)

    for node in nodes:
        kwargs = tuple((name, key(arg)) for name, arg in node.kwargs.items())
        kind = name_of(node), node.shape, node.dtype
        own = node if node.name == "input" else None
        first = seen.setdefault((own, *kind, key(list(node.args)), kwargs), node)
        if first is not node:
            same[node] = first
    return same


def _refuse_stale(nodes: Sequence[Node]) -> None:
    """Raise where a value is read after it, or what it is a view of, was changed."""
    source: dict[Node, Node] = {}
    changed: set[Node] = set()
    for node in nodes:
        for arg in node.reads:
            if source[arg] in changed:
                raise ValueError(
                    f"{node.name} reads what {arg.name} made, which was written over: "
                    "write the loss, penalty or rule without operators in place"
                )
        source[node] = node
        if node.name in IN_PLACE:
            over = source[node.reads[0]]
            if over.name == "input":
                raise ValueError(
                    f"{node.name} writes over an input of the trace: write the loss, "
                    "penalty or rule without operators in place"
                )
            changed.add(over)
        elif name_of(node) in VIEWS:
            source[node] = source[node.reads[0]]
