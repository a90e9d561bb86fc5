"""What an autograd node keeps for its backward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from ganflow.records import Saved
from ganflow.trace.calls import GradNode, tensors_in

RAW = "_raw_saved_"
BY_ROW, BY_COLUMN = ("crow_indices", "col_indices"), ("ccol_indices", "row_indices")
# A sparse tensor has no memory of its own; these parts of it have.
PARTS = {
    torch.sparse_coo: ("_indices", "_values"),
    torch.sparse_csr: (*BY_ROW, "values"),
    torch.sparse_bsr: (*BY_ROW, "values"),
    torch.sparse_csc: (*BY_COLUMN, "values"),
    torch.sparse_bsc: (*BY_COLUMN, "values"),
}


def saved_tensors(node: GradNode) -> list[tuple[str, Tensor]] | None:
    """The tensors that `node` holds, each with its name; None if they are freed.

    A value under `saved_tensors_hooks` counts as what the hook packed: unpacking could
    run anything, such as a checkpoint's second forward pass.
    """
    found = []
    for name in dir(node):
        if name.startswith(RAW):
            try:
                held = list(_held(node, name))
            except RuntimeError as error:
                if "second time" in str(error):
                    return None
                raise
            found += [(name.removeprefix(RAW), value) for value in held]
    return found


def _held(node: GradNode, name: str) -> Iterator[Tensor]:
    """What lies under one name; raises torch's own RuntimeError if it is freed."""
    raw = getattr(node, name)
    raws = raw if isinstance(raw, (list, tuple)) else (raw,)
    packed = [getattr(one, "data", None) for one in raws]
    if all(one is None for one in packed):  # never kept, or freed: only a look tells
        plain = name.removeprefix("_raw")
        packed = getattr(node, plain if hasattr(type(node), plain) else "saved_tensors")
    yield from tensors_in(packed)


class Memory:
    """Numbers the memory blocks it meets, and knows a network's weights among them.

    Parameters
    ----------
    weights : set of int
        The blocks that hold a network's weights, as `Origins.weights` gives them.
    """

    def __init__(self, weights: set[int]):
        self._weights = weights
        self._numbers: dict[int, int] = {}

    def records(self, saved: Iterable[tuple[str, Tensor]]) -> tuple[Saved, ...]:
        """The plain records of what one node saved."""
        return tuple(
            self._record(name, part) for name, value in saved for part in _parts(value)
        )

    def _record(self, name: str, value: Tensor) -> Saved:
        storage = value.untyped_storage()
        number = self._numbers.setdefault(storage._cdata, len(self._numbers))
        return Saved(
            name,
            tuple(value.shape),
            min(value.numel() * value.element_size(), storage.nbytes()),
            number,
            parameter=storage._cdata in self._weights,
            block=storage.nbytes(),
        )


def _parts(value: Tensor) -> list[Tensor]:
    names = PARTS.get(value.layout)
    return [getattr(value, name)() for name in names] if names else [value]
