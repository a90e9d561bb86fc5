"""Count bytes: what autograd keeps for backward, and what a step holds at once."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Blocks:
    """Blocks of memory that are held now, each counted once, and the most so far."""

    def __init__(self):
        self.now = self.peak = self._crest = 0
        self._holders: dict[int, int] = {}

    def hold(self, tensor: Tensor, owner: object) -> None:
        """Count the tensor's block for as long as `owner` lives."""
        block = tensor.untyped_storage()
        name, size = block._cdata, block.nbytes()
        self._holders[name] = self._holders.get(name, 0) + 1
        if self._holders[name] == 1:
            self.now += size
            self.peak = max(self.peak, self.now)
            self._crest = max(self._crest, self.now)
        weakref.finalize(owner, self._let_go, name, size)

    def crest(self) -> int:
        """The most that was held at once since this was last asked."""
        most, self._crest = self._crest, self.now
        return most

    def __contains__(self, tensor: Tensor) -> bool:
        return tensor.untyped_storage()._cdata in self._holders

    def _let_go(self, name: int, size: int) -> None:
        self._holders[name] -= 1
        if not self._holders[name]:
            del self._holders[name]
            self.now -= size


class _Packed:
    """A saved tensor; autograd drops it when the graph is freed."""

    __slots__ = ("__weakref__", "tensor")

    def __init__(self, tensor: Tensor):
        # With its history an activation would hold the graph that holds it.
        self.tensor = tensor.detach()


class SavedBytes:
    """While entered: what autograd saves, but for the networks' own weights.

    Parameters
    ----------
    *nets : nn.Module or sequence of Tensor
        Their parameters, or these tensors themselves, do not count.

    Gradient: unchanged; the walk reads the very values that it would have read.
    """

    def __init__(self, *nets: nn.Module | Sequence[Tensor]):
        self._blocks = Blocks()
        self._weights = {
            weight.untyped_storage()._cdata
            for net in nets
            for weight in (net.parameters() if isinstance(net, nn.Module) else net)
        }
        self._hooks = saved_tensors_hooks(self._pack, lambda packed: packed.tensor)

    @property
    def peak(self) -> int:
        """The most bytes saved at once."""
        return self._blocks.peak

    @property
    def now(self) -> int:
        """The bytes that are saved at this moment."""
        return self._blocks.now

    def crest(self) -> int:
        """The most bytes saved at once since this was last asked."""
        return self._blocks.crest()

    def __enter__(self) -> SavedBytes:
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._hooks.__exit__(*error)

    def _pack(self, tensor: Tensor) -> _Packed:
        packed = _Packed(tensor)
        if tensor.untyped_storage()._cdata not in self._weights:
            self._blocks.hold(tensor, packed)
        return packed


class LiveBytes(TorchDispatchMode):
    """While entered: the bytes of every tensor that is made, as long as it lives."""

    def __init__(self):
        super().__init__()
        self._made, self._given = Blocks(), Blocks()

    @property
    def peak(self) -> int:
        """The most bytes alive at once."""
        return self._made.peak

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        for tensor in _tensors((args, kwargs)):
            if tensor not in self._made and tensor not in self._given:
                self._given.hold(tensor, tensor.untyped_storage())
        result = call(*args, **(kwargs or {}))
        for tensor in _tensors(result):
            if tensor not in self._made and tensor not in self._given:
                self._made.hold(tensor, tensor.untyped_storage())
        return result


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
