"""Walk a tensor's autograd graph, and what was cut off it, into a `DerivativeTrace`."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from ganflow.records import DerivativeTrace, Edge, Node
from ganflow.trace.calls import Call, GradNode, Source
from ganflow.trace.networks import Networks
from ganflow.trace.origins import Origins
from ganflow.trace.saved_tensors import Memory, saved_tensors


def build(
    root: Tensor, networks: Networks, origins: Origins, called: frozenset[str]
) -> DerivativeTrace:
    """Make the trace of a tensor with a history.

    The live nodes are those that `grad_fn.next_functions` leads to, numbered breadth
    first; each one's edges stand in its own order. What was cut off follows.

    Parameters
    ----------
    root : Tensor of any shape
        The tensor.
    networks : Networks
        The networks.
    origins : Origins
        Who made what.
    called : frozenset of str
        The networks whose forward pass was seen.
    """
    drawing = _Drawing(origins)
    drawing.walk(root.grad_fn)
    drawing.add_cuts()
    used = {n.network for n in drawing.nodes if n.network and n.kind == "parameter"}
    return DerivativeTrace(
        root=0,
        nodes=tuple(drawing.nodes),
        edges=tuple(drawing.edges.values()),
        networks=dict(networks.parameters),
        called=called | used,
    )


class _Drawing:
    """Nodes and edges while they are collected."""

    def __init__(self, origins: Origins):
        self.origins = origins
        self.memory = Memory(origins.weights())
        self.nodes: list[Node] = []
        self.edges: dict[tuple[int, int, bool, str | None], Edge] = {}
        self._cut: set[tuple[int, int]] = set()
        self._ids: dict[object, int] = {}  # an autograd node or a dead Call -> its box
        self._of_call: dict[Call, int] = {}  # the live box nearest the loss of a call

    def walk(self, top: GradNode) -> None:
        """Add the live part, breadth first."""
        todo = [top]
        self._ids[top] = 0
        for node in todo:
            self._add_live(node)
            for behind, _ in node.next_functions:
                if behind is not None:
                    if behind not in self._ids:
                        self._ids[behind] = len(todo)
                        todo.append(behind)
                    cut = None if _takes(behind) else "frozen parameter"
                    self._connect(
                        self._ids[node], self._ids[behind], live=cut is None, cut=cut
                    )

    def _add_live(self, node: GradNode) -> None:
        number = self._ids[node]
        op = node.name()
        if hasattr(node, "variable"):
            call = self.origins.leaf(node.variable)
            self._of_call.setdefault(call, number)
            self.nodes.append(_leaf_box(number, call, op=op, live=_takes(node)))
            return
        call = self.origins.call_of(node)
        self._of_call.setdefault(call, number)
        saved = saved_tensors(node)
        self.nodes.append(
            Node(
                number,
                "operation",
                op,
                call="" if call.before else call.name,
                shape=_shape_of(node),
                network=call.network,
                layer=call.layer,
                saved=self.memory.records(saved or ()),
                freed=saved is None,
                unseen=call.unseen,
            )
        )

    def add_cuts(self) -> None:
        """Add, behind each live box, what its call used and no derivative reaches."""
        todo = [
            (number, source, False)
            for call, number in self._of_call.items()
            for source in call.sources
            if not source.live
        ]
        seen = set()
        for start, source, beyond in todo:
            for end, cut in _see_through(source):
                reason = None if beyond else cut
                number = self._box_of(end)
                self._connect(start, number, live=False, cut=reason)
                past = beyond or reason is not None
                if end not in self._of_call and (end, past) not in seen:
                    seen.add((end, past))
                    todo.extend((number, behind, past) for behind in end.sources)

    def _box_of(self, call: Call) -> int:
        if call in self._of_call:
            return self._of_call[call]
        if call not in self._ids:
            number = self._ids[call] = len(self.nodes)
            box = _leaf_box if call.is_leaf else _dead_box
            self.nodes.append(box(number, call, op="", live=False))
        return self._ids[call]

    def _connect(
        self, start: int, end: int, *, live: bool, cut: str | None = None
    ) -> None:
        """Add an edge once; where a cut is known, none that merely lies beyond one."""
        plain = (start, end, False, None)
        if not live and cut is None:
            if (start, end) in self._cut:
                return
        elif not live:
            self._cut.add((start, end))
            self.edges.pop(plain, None)
        key = (start, end, live, cut)
        self.edges.setdefault(key, Edge(start, end, live=live, cut=cut))


def _see_through(source: Source) -> Iterator[tuple[Call, str | None]]:
    """What a source comes from when calls like `detach` are no boxes of their own."""
    if not source.call.is_alias:
        yield source.call, source.reason
        return
    for behind in source.call.sources:
        for call, cut in _see_through(behind):
            yield call, source.reason or cut


def _takes(node: GradNode) -> bool:
    """Whether a node takes a derivative: a leaf that was frozen since then does not."""
    return not hasattr(node, "variable") or node.variable.requires_grad


def _leaf_box(number: int, call: Call, *, op: str, live: bool) -> Node:
    return Node(
        number,
        call.kind,
        op,
        call="" if call.name else "leaf",
        name=call.name,
        shape=call.shape,
        network=call.network,
        live=live,
    )


def _dead_box(number: int, call: Call, *, op: str, live: bool) -> Node:
    return Node(
        number,
        call.kind,
        op,
        call=call.name,
        shape=call.shape,
        network=call.network,
        layer=call.layer,
        live=live,
        unseen=call.unseen,
    )


def _shape_of(node: GradNode) -> tuple[int, ...] | None:
    """The shape of a node's first output, where torch tells it."""
    about = getattr(node, "_input_metadata", ())
    return tuple(about[0].shape) if about else None
