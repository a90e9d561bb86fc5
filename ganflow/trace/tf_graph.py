"""Read the graph of a TensorFlow function backwards: which operation stops what.

Nothing here imports TensorFlow: `from_tf` hands in the graph and the two questions that
only TensorFlow can answer (an operation's gradient, a nested function's body).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ganflow.record import Edge, Node
from ganflow.trace.tf_networks import Leaf

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
# They hand on a value as it is: drawn as a line, not as a box.
PASSED_OVER = ("Identity", "ReadVariableOp", "StopGradient")


@dataclass(eq=False)
class Frame:
    """One graph: the whole step's, or the body of one call of a nested function."""

    graph: Any
    call: Any = None
    parent: Frame | None = None
    bodies: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """What the reader asks TensorFlow.

    leaf : placeholder -> Leaf, or None for an argument or another captured tensor
    body : call -> (graph, inputs, outputs) of the function it calls
    passes : operation, indices of outputs with a derivative -> one bool per input
    owner : operation -> (network, layer) it ran in, None where its name does not tell
    """

    leaf: Callable[[Any], Leaf | None]
    body: Callable
    passes: Callable[[Any, frozenset[int]], tuple[bool, ...]]
    owner: Callable[[Any], tuple[str | None, str | None] | None]


class Input(NamedTuple):
    """What a step reads: which output of which step, and whether a derivative fits in.

    kind : of a dtype that a tape follows.  stopped : read through `tf.stop_gradient`.
    """

    source: Step
    output: int
    kind: bool
    stopped: bool


@dataclass
class Step:
    """One operation (or leaf) on the way from the root, with what flows into it."""

    op: Any
    frame: Frame
    inputs: list[Input] = field(default_factory=list)
    leaf: Leaf | None = None
    tracked: bool = False  # a tape records it: it depends on a variable that may learn
    below: bool = False  # some variable, learning or frozen, lies below it
    learns: bool = False  # one that may learn does, be the way differentiable or not
    named: bool = False  # some variable or argument does: worth showing
    got: set[int] = field(default_factory=set)  # outputs that receive a derivative
    passed: tuple[bool, ...] = ()
    useful: bool = False  # what it receives arrives at a variable


def read(root, graph, ask: Ask) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Turn the history of `root`, a tensor of `graph`, into nodes and edges.

    The first node is the root's. Constants, and all that depends on constants only,
    are left out; a variable's reads are drawn as one leaf.
    """
    order, index = _history(root, Frame(graph), ask)
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


def is_differentiable(tensor) -> bool:
    """Whether a tape follows tensors of this kind: fractions, handles of variables."""
    kind = tensor.dtype
    return kind.is_floating or kind.is_complex or kind.name in ("resource", "variant")


def _history(root, frame: Frame, ask: Ask) -> tuple[list[Step], int]:
    """Every step below `root`, inputs before what uses them, without recursion."""
    steps, order = {}, []
    op, frame, index, stopped = _source(root, frame, ask)
    if stopped:
        raise ValueError(
            "this result has no history: it is itself what tf.stop_gradient gave"
        )
    todo = [(op, frame, False)]
    while todo:
        op, frame, ready = todo.pop()
        if ready:
            order.append(steps[op])
        elif op not in steps:
            steps[op] = step = Step(op, frame)
            step.leaf = ask.leaf(op) if op.type == "Placeholder" else None
            todo.append((op, frame, True))
            todo += [(*_source(t, f, ask)[:2], False) for t, f in _inputs(step, ask)]
    for step in order:
        for tensor, inside in _inputs(step, ask):
            op, _, output, stopped = _source(tensor, inside, ask)
            kind = is_differentiable(tensor)
            step.inputs.append(Input(steps[op], output, kind, stopped))
    return order, index


def _inputs(step: Step, ask: Ask) -> list:
    """What a step reads; what a call reads is what its body gives."""
    if step.op.type not in CALLS:
        return [(tensor, step.frame) for tensor in step.op.inputs]
    body, _, outputs = _enter(step.op, step.frame, ask)
    return [(tensor, body) for tensor in outputs]


def _enter(call, frame: Frame, ask: Ask):
    if call not in frame.bodies:
        graph, inputs, outputs = ask.body(call)
        arguments = dict(zip((t.op for t in inputs), call.inputs, strict=True))
        frame.bodies[call] = (Frame(graph, call, frame), arguments, outputs)
    return frame.bodies[call]


def _source(tensor, frame: Frame, ask: Ask):
    """The operation that made a tensor, past reads, copies, stops and arguments."""
    stopped = False
    while True:
        op = tensor.op
        if op.type == "Placeholder" and frame.call is not None:
            tensor = frame.parent.bodies[frame.call][1][op]
            frame = frame.parent
        elif op.type in PASSED_OVER and not _is_custom(op):
            stopped |= op.type == "StopGradient"
            tensor = op.inputs[0]
        else:
            return op, frame, tensor.value_index, stopped


def _is_custom(op) -> bool:
    return "_gradient_op_type" in op.node_def.attr


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
