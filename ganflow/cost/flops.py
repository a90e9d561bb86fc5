"""Count floating-point operations, by the formulas that torch keeps for its own."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import conv_flop_count, flop_registry


class Flops(TorchDispatchMode):
    """While entered: FLOPs of products and convolutions; one product and sum are two.

    `FlopCounterMode` counts the same; but it also follows modules by hooks, and those
    refuse `autograd.grad` by a network's input, which a penalty needs. And its formula
    for the weight gradient of a convolution in groups is that of one without, which is
    as many times too high as there are groups.
    """

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = call(*args, **kwargs)
        if call._overloadpacket is torch.ops.aten.convolution_backward:
            self.total += _convolution_backward(*args, **kwargs)
        elif count := flop_registry.get(call._overloadpacket):
            self.total += count(*args, **kwargs, out_val=result)
        return result


def _convolution_backward(
    slope: torch.Tensor,
    x: torch.Tensor,
    weight: torch.Tensor,
    bias_sizes: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
    output_mask: list[bool],
) -> int:
    """Each of the two derivatives takes the products of the forward pass once more."""
    forward = conv_flop_count(
        list(x.shape), list(weight.shape), list(slope.shape), transposed=transposed
    )
    return forward * sum(output_mask[:2])
