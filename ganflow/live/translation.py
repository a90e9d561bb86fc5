"""A trace to loops: each operator once, and none that nobody reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganflow.live.graph import DTYPES, Node, Trace
from ganflow.live.loops import Loop, Loops, Store
from ganflow.live.operators import CONSTANTS, OPERATORS, VIEWS
from ganflow.live.values import Buffer, Value, View, views_in

# Arguments that the shape and the dtype of the result say already, or that say nothing.
WHERE_AND_HOW = {"dtype", "layout", "device", "pin_memory", "memory_format"}


def loops_of(trace: Trace, buffers: Mapping[str, Buffer]) -> list[Loop]:
    """Turn a trace into loops, in the order in which they must run.

    Parameters
    ----------
    trace : Trace
        What is to be computed.
    buffers : dict of Buffer
        Where inputs and outputs are, by their names; for the calls of a move also
        `seen G0`..., `slope G0`..., `proposed D0`..., `projected D0`...

    Returns
    -------
    list of Store, Product or Call

    Raises
    ------
    ValueError
        An operator that has no loop.
    """
    return _Translation(trace, buffers).loops.made


class _Translation:
    """One translation: what each node is by now, and the loops so far."""

    def __init__(self, trace: Trace, buffers: Mapping[str, Buffer]):
        self.loops, self._buffers = Loops(buffers), buffers
        self._values: dict[Node, Any] = {}
        self._same = _equals(trace.nodes)
        self._readers = self._read(trace.nodes)
        inputs = dict(zip(trace.nodes, trace.inputs, strict=False))
        for node in self._readers:
            if node.name == "input":
                self._values[node] = View.of(buffers[inputs[node]], node.shape)
            elif node.name == "output":
                for name, value in zip(trace.outputs, self._args(node)[0], strict=True):
                    to = View.of(buffers[name], value.shape)
                    self.loops.made.append(Store(to, value))
            else:
                self._values[node] = self._made(node)

    def _read(self, nodes: Sequence[Node]) -> dict[Node, list[Node]]:
        """The nodes that are needed, each with those that compute with it."""
        live = {nodes[-1]}
        for node in reversed(nodes):
            live.update(self._arguments(node) if node in live else [])
        readers: dict[Node, list[Node]] = {node: [] for node in nodes if node in live}
        for node in reversed(readers):
            own = readers[node] if node.name in VIEWS else [node]
            for arg in self._arguments(node):
                readers[arg] += own
        return readers

    def _arguments(self, node: Node) -> list[Node]:
        # What a constant is like need not be computed.
        args = [] if node.name in CONSTANTS else node.reads
        return [self._same.get(arg, arg) for arg in args]

    def _made(self, node: Node) -> Any:
        if node.name not in OPERATORS:
            raise ValueError(
                f"there is no loop for the operator {node.name}: write the loss, "
                "penalty or rule with other operators, or add it to "
                "ganflow.live.operators"
            )
        kwargs = {k: v for k, v in node.kwargs.items() if k not in WHERE_AND_HOW}
        if set(kwargs) - {"alpha"}:
            raise ValueError(
                f"there is no loop for the operator {node.name} with {kwargs}: write "
                "the loss, penalty or rule without"
            )
        if node.dtype not in ("", *DTYPES.values()):
            raise ValueError(
                f"{node.name} makes numbers of {node.dtype}; a page computes in "
                "float32, float64 and conditions only"
            )
        self._keep(node)
        self.loops.shape, self.loops.dtype = node.shape, node.dtype
        made = OPERATORS[node.name](self.loops, *self._args(node), **kwargs)
        shared = len(self._readers[node]) > 1
        if isinstance(made, Value) and shared and made.dtype != "mask":
            return self.loops.stored(made) if any(views_in(made)) else made
        return made

    def _keep(self, now: Node) -> None:
        """Before a call: store elsewhere what is still to be read where it writes."""
        if not now.name.startswith("ganflow_live."):
            return
        buffers = self.loops.results(now.name.split(".")[1], now.args[0])
        order = {node: k for k, node in enumerate(self._readers)}
        for node, value in self._values.items():
            if any(order[reader] > order[now] for reader in self._readers[node]):
                self._values[node] = self._without(value, buffers)

    def _without(self, value: Any, buffers: Sequence[Buffer]) -> Any:
        if isinstance(value, list):
            return [self._without(part, buffers) for part in value]
        if not any(view.buffer in buffers for view in views_in(value)):
            return value
        mask = value.dtype == "mask"
        return self.loops.flag(value) if mask else self.loops.copied(value)

    def _args(self, node: Node) -> list[Any]:
        """The arguments of a node as values, lists of values and numbers."""

        def of(arg: Any) -> Any:
            if isinstance(arg, Node):
                return self._values.get(self._same.get(arg, arg))
            return [of(a) for a in arg] if isinstance(arg, list) else arg

        return [of(arg) for arg in node.args]


def _equals(nodes: Sequence[Node]) -> dict[Node, Node]:
    """The nodes that do what an earlier one does, and that one."""
    same: dict[Node, Node] = {}
    seen: dict[tuple, Node] = {}

    def key(arg: Any) -> Any:
        if isinstance(arg, Node):
            return same.get(arg, arg)
        return tuple(map(key, arg)) if isinstance(arg, list) else repr(arg)

    for node in nodes:
        own = node if node.name == "input" else None
        kwargs = [[name, arg] for name, arg in node.kwargs.items()]
        what = own, node.name, node.shape, node.dtype, key([*node.args, *kwargs])
        first = seen.setdefault(what, node)
        if first is not node:
            same[node] = first
    return same
