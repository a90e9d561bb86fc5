"""What an autograd node keeps for its backward pass."""

from __future__ import annotations

from torch import Tensor

from ganflow.record import Saved
from ganflow.trace.torch_calls import tensors_in

RAW = "_raw_saved_"


def saved_tensors(node) -> list[tuple[str, Tensor]] | None:
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


def _held(node, name: str):
    """What lies under one name; raises torch's own RuntimeError if it is freed."""
    raw = getattr(node, name)
    raws = raw if isinstance(raw, (list, tuple)) else (raw,)
    packed = [getattr(one, "data", None) for one in raws]
    if all(one is None for one in packed):  # never kept, or freed: only a look tells
        plain = name.removeprefix("_raw")
        packed = getattr(node, plain if hasattr(type(node), plain) else "saved_tensors")
    yield from tensors_in(packed)


class Memory:
    """Numbers the memory blocks it meets, and knows a network's weights among them."""

    def __init__(self, weights: set[int]):
        self._weights = weights
        self._numbers: dict[int, int] = {}

    def record(self, name: str, value: Tensor) -> Saved:
        """The plain record of one saved tensor."""
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
