"""Find which operation of a step's graph stops which derivative."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganflow.records import DerivativeTrace, Edge, Node
from ganflow.tf.history import CALLS, Input, Visit, history
from ganflow.tf.step_graph import StepGraph, is_differentiable


def build(root: Any, graph: StepGraph) -> DerivativeTrace:
    """Make the trace of a result of a step.

    Constants, and all that depends on constants only, are left out; a variable's reads
    are drawn as one leaf.

    Parameters
    ----------
    root : tensor of the graph
        The result.
    graph : StepGraph
        The step.

    Raises
    ------
    ValueError
        `root` is itself what `tf.stop_gradient` gave.
    RuntimeError
        The backward pass stops with an error.
    """
    order, index = history(root, graph)
    for visit in order:
        _mark(visit)
    first = order[-1]
    first.got.add(index)
    for visit in reversed(order):
        _push(visit, graph)
    for visit in order:
        visit.useful = _is_useful(visit)
    shown = [visit for visit in reversed(order) if visit.named or visit is first]
    ids = {id(visit): number for number, visit in enumerate(shown)}
    return DerivativeTrace(
        root=0,
        nodes=tuple(_node(visit, ids[id(visit)], graph) for visit in shown),
        edges=tuple(edge for visit in shown for edge in _edges(visit, ids)),
        networks=dict(graph.networks),
        called=graph.called,
        saved_known=False,
    )


def _mark(visit: Visit) -> None:
    if visit.op.type == "Placeholder":
        visit.tracked = visit.leaf is not None and not visit.leaf.frozen
        visit.below, visit.learns = visit.leaf is not None, visit.tracked
        visit.named = visit.leaf is not None or is_differentiable(visit.op.outputs[0])
    visit.tracked |= any(read.source.tracked and read.kind for read in visit.inputs)
    visit.below |= any(read.source.below for read in visit.inputs)
    visit.learns |= any(read.source.learns for read in visit.inputs)
    visit.named |= any(read.source.named for read in visit.inputs)


def _push(visit: Visit, graph: StepGraph) -> None:
    """Hand the derivative from an operation's outputs to what its inputs came from."""
    if not visit.got or not visit.below or not visit.inputs:
        return
    # A call's backward function gives zeros, not None. What no tape records has no
    # gradient function to ask; the cut that hides it lies further down.
    if visit.op.type in CALLS or not visit.tracked:
        visit.passed = (True,) * len(visit.inputs)
    else:
        visit.passed = graph.passes(visit.op, frozenset(visit.got))
    for read, passed in zip(visit.inputs, visit.passed, strict=True):
        if read.source.below and not _obstacle(read, passed):
            read.source.got.add(read.output)


def _obstacle(read: Input, passed: bool) -> str | None:
    """What stops a derivative that would find something to move behind it."""
    if not read.source.learns:
        return None
    if read.stopped:
        return "stop_gradient"
    return None if passed and read.kind else "not differentiable"


def _is_useful(visit: Visit) -> bool:
    if visit.leaf is not None:
        return bool(visit.got) and not visit.leaf.frozen
    return any(map(_flows, visit.inputs, visit.passed))


def _flows(read: Input, passed: bool) -> bool:
    return passed and read.kind and not read.stopped and read.source.useful


def _edges(visit: Visit, ids: Mapping[int, int]) -> list[Edge]:
    edges = []
    for number, read in enumerate(visit.inputs):
        if id(read.source) in ids:
            passed = visit.passed[number] if visit.passed else None
            live = passed is not None and _flows(read, passed)
            cut = None if live else _cut(read, passed)
            edges.append(Edge(ids[id(visit)], ids[id(read.source)], live, cut))
    return edges


def _cut(read: Input, passed: bool | None) -> str | None:
    """What stops the derivative here; None where none arrives or it goes on.

    Parameters
    ----------
    read : Input
        The way.
    passed : bool or None
        Whether the operation's gradient function hands one on; None when nothing
        arrives there.
    """
    if passed is None:
        return None
    if read.source.leaf is not None and read.source.leaf.frozen:
        return "frozen parameter"
    return _obstacle(read, passed)


def _node(visit: Visit, number: int, graph: StepGraph) -> Node:
    leaf, op = visit.leaf, visit.op
    if leaf is not None:
        kind, name = ("parameter" if leaf.network else "input"), leaf.name
        network, layer, shape = leaf.network, leaf.layer, leaf.shape
    else:
        is_input = op.type == "Placeholder"
        kind, name = ("input", op.name) if is_input else ("operation", "")
        network, layer = _owner(visit, graph)
        shape = _shape_of(op)
    return Node(
        number,
        kind,
        op.type,
        call=op.type if kind == "operation" else "",
        name=name,
        shape=shape,
        network=network,
        layer=layer,
        live=visit.useful,
    )


def _shape_of(op: Any) -> tuple[int, ...] | None:
    """The shape of an operation's first output, where the graph tells it."""
    shape = op.outputs[0].shape if op.outputs else None
    if shape is None or not shape.is_fully_defined():
        return None
    return tuple(shape.as_list())


def _owner(visit: Visit, graph: StepGraph) -> tuple[str | None, str | None]:
    op, frame = visit.op, visit.frame
    while (found := graph.owner(op)) is None and frame.parent is not None:
        op, frame = frame.call, frame.parent
    return found or (None, None)
