"""Walk the graph of a TensorFlow step backwards, into the functions it calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ganflow.tf.networks import Leaf
from ganflow.tf.step_graph import StepGraph, is_differentiable

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
# They hand on a value as it is: drawn as a line, not as a box.
PASSED_OVER = ("Identity", "ReadVariableOp", "StopGradient")


@dataclass(eq=False)
class Frame:
    """Where an operation stands: in the step itself, or in one call of a function.

    Parameters
    ----------
    call : operation or None
        The call whose body this is; None for the step.
    parent : Frame or None
        Where that call stands.
    bodies : dict of call -> Entered
        The calls that were walked into from here.
    """

    call: Any = None
    parent: Frame | None = None
    bodies: dict[Any, Entered] = field(default_factory=dict)


class Entered(NamedTuple):
    """The body of a call: its frame, what its placeholders stand for, what it gives."""

    frame: Frame
    arguments: dict[Any, Any]
    outputs: list[Any]


class Input(NamedTuple):
    """What an operation reads, and whether a derivative fits in.

    Parameters
    ----------
    source : Visit
        What made the value.
    output : int
        Which of its outputs.
    kind : bool
        The value is of a dtype that a tape follows.
    stopped : bool
        It is read through `tf.stop_gradient`.
    """

    source: Visit
    output: int
    kind: bool
    stopped: bool


@dataclass
class Visit:
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


def history(root: Any, graph: StepGraph) -> tuple[list[Visit], int]:
    """List every operation below a tensor, inputs before what uses them.

    Parameters
    ----------
    root : tensor of the graph
        Where to start.
    graph : StepGraph
        The step that it is a result of.

    Returns
    -------
    visits : list of Visit
        The last one made `root`.
    output : int
        As which of its outputs.

    Raises
    ------
    ValueError
        `root` is itself what `tf.stop_gradient` gave.
    """
    found, order = {}, []
    op, frame, index, stopped = _source(root, Frame())
    if stopped:
        raise ValueError(
            "this result has no history: it is itself what tf.stop_gradient gave"
        )
    todo = [(op, frame, False)]
    while todo:  # no recursion: a history may be long
        op, frame, ready = todo.pop()
        if ready:
            order.append(found[op])
        elif op not in found:
            found[op] = visit = Visit(op, frame)
            visit.leaf = graph.leaf(op) if op.type == "Placeholder" else None
            todo.append((op, frame, True))
            todo += [(*_source(t, f)[:2], False) for t, f in _inputs(visit, graph)]
    for visit in order:
        for tensor, inside in _inputs(visit, graph):
            op, _, output, stopped = _source(tensor, inside)
            kind = is_differentiable(tensor)
            visit.inputs.append(Input(found[op], output, kind, stopped))
    return order, index


def _inputs(visit: Visit, graph: StepGraph) -> list[tuple[Any, Frame]]:
    """What an operation reads; what a call reads is what its body gives."""
    if visit.op.type not in CALLS:
        return [(tensor, visit.frame) for tensor in graph.inputs(visit.op)]
    entered = _enter(visit.op, visit.frame, graph)
    return [(tensor, entered.frame) for tensor in entered.outputs]


def _enter(call: Any, frame: Frame, graph: StepGraph) -> Entered:
    if call not in frame.bodies:
        inputs, outputs = graph.body(call)
        arguments = dict(zip((t.op for t in inputs), call.inputs, strict=True))
        frame.bodies[call] = Entered(Frame(call, frame), arguments, outputs)
    return frame.bodies[call]


def _source(tensor: Any, frame: Frame) -> tuple[Any, Frame, int, bool]:
    """The operation that made a tensor, past reads, copies, stops and arguments."""
    stopped = False
    while True:
        op = tensor.op
        if op.type == "Placeholder" and frame.parent is not None:
            tensor = frame.parent.bodies[frame.call].arguments[op]
            frame = frame.parent
        elif op.type in PASSED_OVER and not _is_custom(op):
            stopped |= op.type == "StopGradient"
            tensor = op.inputs[0]
        else:
            return op, frame, tensor.value_index, stopped


def _is_custom(op: Any) -> bool:
    return "_gradient_op_type" in op.node_def.attr
