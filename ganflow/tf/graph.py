"""Find which operation of a TensorFlow graph stops which derivative."""

from __future__ import annotations

from collections.abc import Mapping

from ganflow.records import Edge, Node
from ganflow.tf.history import (
    CALLS,
    Ask,
    Frame,
    Input,
    Step,
    history,
    is_differentiable,
)


def read(root, graph, ask: Ask) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Turn the history of `root`, a tensor of `graph`, into nodes and edges.

    The first node is the root's. Constants, and all that depends on constants only,
    are left out; a variable's reads are drawn as one leaf.
    """
    order, index = history(root, Frame(graph), ask)
    for step in order:
        _mark(step)
    first = order[-1]
    first.got.add(index)
    for step in reversed(order):
        _push(step, ask)
    for step in order:
        step.useful = _is_useful(step)
    shown = [step for step in reversed(order) if step.named or step is first]
    ids = {id(step): number for number, step in enumerate(shown)}
    nodes = tuple(_node(step, ids[id(step)], ask) for step in shown)
    return nodes, tuple(edge for step in shown for edge in _edges(step, ids))


def _mark(step: Step) -> None:
    if step.op.type == "Placeholder":
        step.tracked = step.leaf is not None and not step.leaf.frozen
        step.below, step.learns = step.leaf is not None, step.tracked
        step.named = step.leaf is not None or is_differentiable(step.op.outputs[0])
    step.tracked |= any(read.source.tracked and read.kind for read in step.inputs)
    step.below |= any(read.source.below for read in step.inputs)
    step.learns |= any(read.source.learns for read in step.inputs)
    step.named |= any(read.source.named for read in step.inputs)


def _push(step: Step, ask: Ask) -> None:
    """Hand the derivative from a step's outputs to what its inputs came from."""
    if not step.got or not step.below or not step.inputs:
        return
    # A call's backward function gives zeros, not None. What no tape records has no
    # gradient function to ask; the cut that hides it lies further down.
    if step.op.type in CALLS or not step.tracked:
        step.passed = (True,) * len(step.inputs)
    else:
        step.passed = ask.passes(step.op, frozenset(step.got))
    for read, passed in zip(step.inputs, step.passed, strict=True):
        if read.source.below and not _obstacle(read, passed):
            read.source.got.add(read.output)


def _obstacle(read: Input, passed: bool) -> str | None:
    """What stops a derivative that would find something to move behind it."""
    if not read.source.learns:
        return None
    if read.stopped:
        return "stop_gradient"
    return None if passed and read.kind else "not differentiable"


def _is_useful(step: Step) -> bool:
    if step.leaf is not None:
        return bool(step.got) and not step.leaf.frozen
    return any(map(_flows, step.inputs, step.passed))


def _flows(read: Input, passed: bool) -> bool:
    return passed and read.kind and not read.stopped and read.source.useful


def _edges(step: Step, ids: Mapping[int, int]) -> list[Edge]:
    edges = []
    for number, read in enumerate(step.inputs):
        if id(read.source) in ids:
            passed = step.passed[number] if step.passed else None
            live = passed is not None and _flows(read, passed)
            cut = None if live else _cut(read, passed)
            edges.append(Edge(ids[id(step)], ids[id(read.source)], live, cut))
    return edges


def _cut(read: Input, passed: bool | None) -> str | None:
    """What stops the derivative here; None where none arrives or it goes on.

    passed : by the operation's gradient function; None when nothing arrives there.
    """
    if passed is None:
        return None
    if read.source.leaf is not None and read.source.leaf.frozen:
        return "frozen parameter"
    return _obstacle(read, passed)


def _node(step: Step, number: int, ask: Ask) -> Node:
    if step.leaf is not None:
        leaf = step.leaf
        where = {"network": leaf.network, "layer": leaf.layer, "shape": leaf.shape}
        kind, name = ("parameter" if leaf.network else "input"), leaf.name
    else:
        network, layer = _owner(step, ask)
        shape = step.op.outputs[0].shape if step.op.outputs else None
        known = shape is not None and shape.is_fully_defined()
        where = {"network": network, "layer": layer}
        where["shape"] = tuple(shape.as_list()) if known else None
        is_input = step.op.type == "Placeholder"
        kind, name = ("input", step.op.name) if is_input else ("operation", "")
    op, call = step.op.type, step.op.type if kind == "operation" else ""
    return Node(number, kind, op, call, name, live=step.useful, **where)


def _owner(step: Step, ask: Ask) -> tuple[str | None, str | None]:
    op, frame = step.op, step.frame
    while (found := ask.owner(op)) is None and frame.call is not None:
        op, frame = frame.call, frame.parent
    return found or (None, None)
