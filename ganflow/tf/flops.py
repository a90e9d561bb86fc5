"""Count the floating-point operations of a traced step by the shapes of its graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganflow.tf.load import tf

# Where a convolution, and each of its derivatives, has its kernel and its output side.
CONVOLUTIONS = {
    "Conv2D": lambda op: (op.inputs[1], op.outputs[0]),
    "Conv2DBackpropInput": lambda op: (op.inputs[1], op.inputs[2]),
    "Conv2DBackpropFilter": lambda op: (op.outputs[0], op.inputs[2]),
}


def flops_of(step: Callable[[], Any]) -> int:
    """Count what a `tf.function` of a step needs: one product and sum are two.

    Counted are matrix products and two-dimensional convolutions, as by
    `ganflow.cost_of` for torch. What neither a result nor a side effect needs is left
    out, as TensorFlow leaves it out before it runs a graph. Its optimiser, which may
    join two calls that are equal, is not asked.

    Parameters
    ----------
    step : callable
        Takes nothing, and returns all that it is run for, gradients among them. Its
        tensors must have fixed shapes. What stands in a branch of `tf.cond`, in a
        loop, or in a `tf.function` that it calls is not counted.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        A product or a convolution whose shapes the graph does not know.

    Gradient: whatever the step takes, while it is traced; nothing is run.
    """
    graph: Any = tf.function(step, autograph=False).get_concrete_function().graph
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    needed: set[Any] = set()
    while waiting:
        op = waiting.pop()
        if op not in needed:
            needed.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return sum(map(_flops, needed))


def _flops(op: Any) -> int:
    if op.type == "MatMul":
        across = 0 if op.get_attr("transpose_a") else 1
        inner, result = op.inputs[0].shape[across], op.outputs[0]
    elif op.type in CONVOLUTIONS:
        kernel, result = CONVOLUTIONS[op.type](op)
        size, wide = kernel.shape.num_elements(), kernel.shape[-1]
        inner = size // wide if size and wide else None
    else:
        return 0
    size = result.shape.num_elements()
    if size is None or inner is None:
        raise ValueError(
            f"{op.name!r} has shapes that the graph does not know: pass tensors of "
            "fixed shapes, the batch included"
        )
    return 2 * size * inner
