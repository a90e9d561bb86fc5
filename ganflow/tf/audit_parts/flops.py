"""Floating-point operations of matrix products and convolutions, and for whom."""

from __future__ import annotations

from math import prod
from typing import Any

from ganflow.loop_report.places import here
from ganflow.tf.audit_parts.marks import Origin, Read
from ganflow.tf.audit_parts.state import State
from ganflow.tf.load import backprop

NOBODY = ""


def _matmul(inputs, attrs, out) -> int:
    left = inputs[0].shape
    flipped = attrs.get("transpose_a") or attrs.get("adj_x")
    return 2 * out._num_elements() * left[-2 if flipped else -1]


def _convolution(inputs, attrs, out) -> int:
    return 2 * out._num_elements() * prod(inputs[1].shape[:-1])


def _by_image(inputs, attrs, out) -> int:
    return 2 * inputs[2]._num_elements() * prod(inputs[1].shape[:-1])


def _by_filter(inputs, attrs, out) -> int:
    return 2 * inputs[2]._num_elements() * prod(out.shape[:-1])


def _depthwise(inputs, attrs, out) -> int:
    return 2 * out._num_elements() * prod(inputs[1].shape[:-2])


# The product, and for which input of which forward operation it is the derivative.
PRODUCTS = {
    "MatMul": _matmul,
    "BatchMatMulV2": _matmul,
    "BatchMatMulV3": _matmul,
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv2dNative": _depthwise,
    "Conv2DBackpropInput": _by_image,
    "Conv3DBackpropInputV2": _by_image,
    "Conv2DBackpropFilter": _by_filter,
    "Conv3DBackpropFilterV2": _by_filter,
}
SECOND = ("grad_b", "grad_y")


class Flops:
    """Counts products; in a backward pass, each for the players that lie behind it.

    Parameters
    ----------
    state : State
        Whose log is written.
    """

    def __init__(self, state: State):
        self._state = state
        self._forward: tuple[str, Any] | None = None  # whose derivative is made

    def gradient(self, name, attrs, n, inputs, *rest):
        """Stands in the place of what TensorFlow calls for each recorded operation."""
        if self._state.back is None:
            return backprop._gradient_function(name, attrs, n, inputs, *rest)
        before, self._forward = self._forward, (name, inputs)
        try:
            return backprop._gradient_function(name, attrs, n, inputs, *rest)
        finally:
            self._forward = before

    def count(self, name: str, inputs, attrs, out, at_work: str | None) -> None:
        """Count one product.

        Parameters
        ----------
        name : str
            The operation.
        inputs, attrs : sequence
            What it was given; attributes as names and values in turn.
        out : tensor
            What it made.
        at_work : str or None
            Whose weight is among the inputs.
        """
        state, kinds = self._state, dict(zip(attrs[::2], attrs[1::2], strict=True))
        n, back, call = PRODUCTS[name](inputs, kinds, out), state.back, state.call
        if back is None:
            owner = call.player if call else at_work or NOBODY
            place = call.place if call else here()
            state.log.flops[place, owner, "forward"] += n
            if call and call.repeats:
                state.log.wasted[place, owner, "forward"] += n
            return
        made_for = self._input(name, kinds)
        mark = state.memory.mark(made_for)
        if type(mark) is Read:
            behind = frozenset((mark.player,))
            back.flops[mark.player, "weights", behind] += n
        else:
            behind = frozenset(
                one.player
                for one in state.memory.trail(made_for)
                if type(one) is Origin and state.tape in one.tapes
            )
            one = next(iter(behind)) if len(behind) == 1 else NOBODY
            back.flops[at_work or one, "through", behind] += n

    def _input(self, name: str, kinds: dict[str, Any]) -> Any:
        """The input whose derivative a product in a backward pass makes."""
        forward, inputs = self._forward or ("", None)
        if not inputs or forward not in PRODUCTS:
            return None
        if "MatMul" in forward:
            return inputs[1 if any(kinds.get(one) for one in SECOND) else 0]
        if "Backprop" in forward:  # a derivative's derivative
            own = {"Input": 1, "Filter": 0}["Input" if "Input" in forward else "Filter"]
            return inputs[own if "Backprop" in name else 2]
        return inputs[1 if "Filter" in name else 0]
