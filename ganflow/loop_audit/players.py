"""Who is who in an audited loop: the weights and buffers of each player."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ganflow.loop_audit.memory import Memory, Weight
from ganflow.trace.sharding import is_sharded


def members_of(name: str, given: Any) -> list[nn.Module | Tensor]:
    """Read one role of `audit`: a network, a tensor, or several.

    Parameters
    ----------
    name : str
        The role.
    given : nn.Module, Tensor, or iterable of them
        What plays it.

    Returns
    -------
    list of nn.Module or Tensor
        At least one.

    Raises
    ------
    TypeError
        Anything else.
    ValueError
        Nothing in it, a network that was never called and has no shapes yet, or nothing
        that could learn.
    """
    found: list[Any]
    if isinstance(given, nn.ModuleList):
        found = list(given)
    elif isinstance(given, (nn.Module, Tensor)):
        found = [given]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        found = list(given)
    elif hasattr(given, "__next__"):
        found = list(given)  # net.parameters()
    else:
        found = [given]
    for one in found:
        if not isinstance(one, (nn.Module, Tensor)):
            raise TypeError(
                f"{name} is to be a network, a tensor, or a list of them, and holds a "
                f"{type(one).__name__}: pass what learns, as in audit(G=G, D=D)"
            )
    tensors_ = [p for one in found for p in parameters(one)]
    if any(is_lazy(p) for p in tensors_):
        raise ValueError(f"{name} has no shapes yet: call it once before the audit")
    if not tensors_:
        raise ValueError(f"{name} has no weights: nothing of it could ever move")
    return found


def parameters(member: nn.Module | Tensor) -> list[Tensor]:
    """The weights of a network, or the tensor itself."""
    return list(member.parameters()) if isinstance(member, nn.Module) else [member]


class Players:
    """The players of a loop, their weights, and the modules that are parts of them.

    Parameters
    ----------
    memory : Memory
        Where the blocks of weights are marked.
    """

    def __init__(self, memory: Memory):
        self._memory = memory
        self.members: dict[str, list[nn.Module | Tensor]] = {}
        self.weights: dict[int, tuple[str, Tensor]] = {}  # id -> whose, and itself
        self.of_module: dict[nn.Module, str] = {}
        self.roots: set[nn.Module] = set()
        self.sharded: set[str] = set()  # their passes run on copies of their weights
        self._weights_of: dict[nn.Module, list[Tensor]] = {}

    def add(self, name: str, members: Sequence[nn.Module | Tensor]) -> None:
        """Let a player in; a weight that is another's already stays the other's."""
        self.members[name] = list(members)
        for member in members:
            if isinstance(member, nn.Module):
                self.roots.add(member)
        self.refresh()

    def remark(self) -> None:
        """Mark the blocks of weights that were given other memory."""
        for owner, p in self.weights.values():
            self._mark(p, owner)

    def frozen(self, module: nn.Module) -> bool:
        """Whether a network has weights, and none of them wants a derivative."""
        known = self._weights_of.get(module)
        if known is None:
            known = self._weights_of[module] = list(module.parameters())
        return bool(known) and not any(p.requires_grad for p in known)

    def refresh(self) -> None:
        """Look again for all weights, buffers and parts, and mark their blocks."""
        self._weights_of.clear()
        for name, members in self.members.items():
            if any(map(is_sharded, members)):
                self.sharded.add(name)
            for member in members:
                for p in parameters(member):
                    owner = self.weights.setdefault(id(p), (name, p))[0]
                    if owner == name:
                        self._mark(p, name)
                if isinstance(member, nn.Module):
                    for b in member.buffers():
                        self._mark(b, name, buffer=True)
                    for module in member.modules():
                        self.of_module.setdefault(module, name)

    def _mark(self, tensor: Tensor, name: str, *, buffer: bool = False) -> None:
        known = self._memory.mark(tensor)
        if type(known) is not Weight or known.key != id(tensor):
            self._memory.set_mark(tensor, Weight(name, id(tensor), buffer=buffer))

    def of(self, tensor: Tensor) -> str | None:
        """Whose weight a tensor is."""
        known = self.weights.get(id(tensor))
        return known[0] if known is not None and known[1] is tensor else None

    def tensors(self, name: str) -> list[Tensor]:
        """The weights of a player."""
        return [p for owner, p in self.weights.values() if owner == name]

    def sizes(self) -> Mapping[str, int]:
        """How many weights each player has."""
        return {name: len(self.tensors(name)) for name in self.members}

    def trainable(self, name: str) -> bool:
        """Whether any weight of the player may learn."""
        return any(p.requires_grad for p in self.tensors(name))

    def has_statistics(self, name: str) -> bool:
        """Whether a network of the player keeps running means of its batches."""
        kind = nn.modules.batchnorm._NormBase
        return any(
            isinstance(module, kind) and module.track_running_stats
            for member in self.members[name]
            if isinstance(member, nn.Module)
            for module in member.modules()
        )


def behaves_otherwise_in_eval(module: nn.Module) -> bool:
    """Whether a network has layers that train() and eval() change."""
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    return any(isinstance(part, kinds) for part in module.modules())
