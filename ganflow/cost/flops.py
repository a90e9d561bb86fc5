"""Count floating-point operations, by the formulas that torch keeps for its own."""

from __future__ import annotations

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Flops(TorchDispatchMode):
    """While entered: FLOPs of products and convolutions; one product and sum are two.

    `FlopCounterMode` counts the same; but it also follows modules by hooks, and those
    refuse `autograd.grad` by a network's input, which a penalty needs.
    """

    def __init__(self):
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = call(*args, **kwargs)
        if count := flop_registry.get(call._overloadpacket):
            self.total += count(*args, **kwargs, out_val=result)
        return result
