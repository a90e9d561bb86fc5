"""CUDA graphs: the operators of a recording, computed once more into its own memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from cuda_stand_in.operators import STATE


class Graph:
    """Stands for `torch.cuda.CUDAGraph`."""

    def __init__(self, keep_graph: bool = False):
        self.steps = []

    @torch.no_grad()
    def replay(self) -> None:
        """Compute every step again, from what now lies where it read then."""
        for op, args, kwargs, out in self.steps:
            again = tree_leaves(op(*args, **kwargs))
            for new, old in zip(again, tree_leaves(out), strict=True):
                if isinstance(old, Tensor) and new is not old:
                    old.copy_(new)


@contextmanager
def recording(graph: Graph, **_: Any) -> Iterator[None]:
    """Stands for `torch.cuda.graph`."""
    STATE.steps = graph.steps
    try:
        yield
    finally:
        STATE.steps = None
