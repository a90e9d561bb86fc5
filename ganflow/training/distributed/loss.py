"""Average each move's gradients over the processes of a run."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from typing import Any

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ganflow.training.distributed.norm import join_batch_norm
from ganflow.training.distributed.ranks import Ranks
from ganflow.training.run import Run


class Loss(nn.Module):
    """The parameters of a player, called with its loss, which it returns.

    DistributedDataParallel expects gradients from when its module is called, and the
    next `backward` is to bring one for each of its parameters. What the loss was made
    of, how many calls of which networks and which derivatives, it need not know. And
    there are no buffers here that it would hand round.

    Parameters
    ----------
    player : Module
        Whose parameters they are; shared, not copied.
    """

    def __init__(self, player: nn.Module):
        super().__init__()
        self.own = nn.ParameterList(player.parameters())

    def forward(self, loss: Tensor) -> Tensor:
        """Change nothing.

        Gradient: cuts nothing.
        """
        return loss


def share(run: Run, ranks: Ranks) -> None:
    """Let a run, fresh from `begin`, move by the mean gradient of all processes.

    Parameters
    ----------
    run : Run
        Changed in place; left as it is by one process alone.
    ranks : Ranks
        The place of this process.

    Raises
    ------
    ValueError
        The batch does not come out even; other settings or images elsewhere.

    Gradient: `run.step` then averages the mover's gradients over the processes, while
    its backward still runs. No other gradient is exchanged.
    """
    if ranks.count == 1:
        return
    ranks.part(run.settings.batch)
    everyone: list[Any] = [None] * ranks.count
    dist.all_gather_object(everyone, (asdict(run.settings), run.fingerprint))
    for rank, other in enumerate(everyone):
        if other != everyone[0]:
            raise ValueError(
                f"rank {rank} has other settings or images than rank 0: start all "
                "processes by one command, on the same data"
            )
    run.G = join_batch_norm(run.G)
    wrapped = {"G": distributed_loss(run.G), "D": distributed_loss(run.D)}
    run.share = lambda player, loss: wrapped[player](loss)


def distributed_loss(player: nn.Module) -> DistributedDataParallel:
    """Wrap a player's loss: what comes back is for one `backward`, not for two.

    Parameters
    ----------
    player : Module
        Whose parameters are to have equal gradients in all processes.

    Returns
    -------
    DistributedDataParallel
        Called with the loss.

    Gradient: that backward leaves in .grad the mean over the processes.
    """
    # Those of the dimensions of one: their stride means nothing, yet DDP compares it.
    warnings.filterwarnings("ignore", "Grad strides do not match", UserWarning)
    return DistributedDataParallel(Loss(player))
