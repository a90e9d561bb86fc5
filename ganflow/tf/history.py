"""Walk the graph of a TensorFlow function backwards, into the functions it calls.

Nothing here imports TensorFlow: `from_tf` hands in the graph and the questions that
only TensorFlow can answer (an operation's gradient, a nested function's body).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ganflow.tf.networks import Leaf

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
    inputs : operation -> the tensors that it read before a gradient was asked for
    body : call -> (graph, inputs, outputs) of the function it calls
    passes : operation, indices of outputs with a derivative -> one bool per input
    owner : operation -> (network, layer) it ran in, None where its name does not tell
    """

    leaf: Callable[[Any], Leaf | None]
    inputs: Callable[[Any], tuple]
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


def is_differentiable(tensor) -> bool:
    """Whether a tape follows tensors of this kind: fractions, handles of variables."""
    kind = tensor.dtype
    return kind.is_floating or kind.is_complex or kind.name in ("resource", "variant")


def history(root, frame: Frame, ask: Ask) -> tuple[list[Step], int]:
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
        return [(tensor, step.frame) for tensor in ask.inputs(step.op)]
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
