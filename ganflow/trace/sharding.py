"""Networks whose weights lie in pieces in several processes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from torch import Tensor, nn


def is_sharded(member: nn.Module | Tensor) -> bool:
    """Whether FSDP cut up a network, or a tensor is one process's piece of a whole.

    FSDP gathers the weights for each pass anew, so what runs are copies: no graph and
    no memory says whose they are.

    Parameters
    ----------
    member : nn.Module or Tensor
        Of a player.
    """
    fsdp = "torch.distributed.fsdp"
    if isinstance(member, Tensor):
        kinds = _known("torch.distributed.tensor", "DTensor")
        return isinstance(member, kinds + _known(fsdp, "FlatParameter"))
    kinds = _known(fsdp, "FSDPModule") + _known(fsdp, "FullyShardedDataParallel")
    return any(isinstance(part, kinds) for part in member.modules())


def check_whole(asked: str, player: str, members: Iterable[nn.Module | Tensor]) -> None:
    """Refuse a player of whom no graph tells.

    Parameters
    ----------
    asked : str
        What was asked: "flow" or "watch".
    player : str
        Its name.
    members : iterable of nn.Module or Tensor
        Its networks and tensors.

    Raises
    ------
    ValueError
        One of them is sharded.
    """
    if any(is_sharded(member) for member in members):
        raise ValueError(
            f"{player} is sharded over processes (FSDP): each pass runs on copies that "
            f"are gathered from its weights, so {asked} cannot see whose derivative it "
            f"is. Ask with {player} as it was before it was sharded; what backward() "
            "left in .grad, left_behind reads: the share of this process"
        )


def _known(module: str, name: str) -> tuple[type, ...]:
    """The class, if its module was ever loaded: else nothing is of that class."""
    found = getattr(sys.modules.get(module), name, None)
    return () if found is None else (found,)
