"""One run by several processes, each with its part of every batch.

`torchrun --nproc-per-node 2 tools/train_wgan_gp.py ...` starts them. All hold the whole
run, sample the same batches and make the same moves on the mean of their gradients; so
they stay equal bit for bit, and only rank 0 writes.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from ganflow.training.distributed.norm import mean_over_ranks
from ganflow.training.keep.checkpoint import CannotResume
from ganflow.training.keep.run_log import CannotGoOn, RunLog
from ganflow.training.run import Run
from ganflow.training.sampling import Batches
from ganflow.training.updates import turns

TIMEOUT = timedelta(minutes=10)  # with a silent process, before its peers give up
BROKEN = ("Connection closed", "Connection reset", "Broken pipe", "NCCL")


class LostProcess(CannotGoOn):
    """Another process of this run has ended."""


@dataclass(frozen=True)
class Ranks:
    """The place of this process among those that share a run; alone by default.

    Parameters
    ----------
    rank : int, in [0, count), default 0
        The number of this process; 0 is the one that writes.
    count : int, >= 1, default 1
        How many processes there are.
    """

    rank: int = 0
    count: int = 1

    def device(self, device: torch.device) -> torch.device:
        """Find the GPU of this process, where GPUs are asked for.

        Raises
        ------
        ValueError
            This machine has more processes than GPUs.
        """
        if self.count == 1 or device.type != "cuda":
            return device
        own, there = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
        if own >= there:
            raise ValueError(
                f"process {own + 1} on this machine finds {there} GPUs; start one "
                "process for each of them, or pass --device cpu"
            )
        torch.cuda.set_device(own)
        return torch.device("cuda", own)

    def part(self, batch: int) -> slice:
        """Find the samples of a batch that are this process's.

        Parameters
        ----------
        batch : int, >= 1
            Samples of all processes.

        Returns
        -------
        slice

        Raises
        ------
        ValueError
            The batch does not come out even.
        """
        if batch % self.count:
            near = batch // self.count * self.count
            fits = " or ".join(str(n) for n in (near, near + self.count) if n)
            raise ValueError(
                f"batch is {batch} and {self.count} processes share it evenly: pass "
                f"--batch {fits}, or start another number of processes"
            )
        own = batch // self.count
        return slice(self.rank * own, (self.rank + 1) * own)

    def agree(self, *wishes: int) -> tuple[int, ...]:
        """Find the largest of all processes' wishes, so that all do the same next."""
        if self.count == 1:
            return wishes
        largest = torch.tensor(wishes)
        dist.all_reduce(largest, dist.ReduceOp.MAX)
        return tuple(largest.tolist())

    def turns(self, run: Run, batches: Batches) -> Tensor:
        """Make the moves of a tick, as `updates.turns`, on this process's part.

        Parameters
        ----------
        run : Run
            Changed in place.
        batches : Batches
            Of all processes.

        Returns
        -------
        Tensor (columns,), float32
            The row of the joined batch.

        Gradient: as `updates.turns`, then the mean over the processes.
        """
        if self.count == 1:
            return turns(run, batches)
        part = self.part(run.settings.batch)
        own = Batches(*(x[:, part] for x in batches))
        return mean_over_ranks(turns(run, own))


@contextmanager
def process_group() -> Iterator[Ranks]:
    """Join the processes that torchrun started with this one, if it did."""
    if dist.is_available() and dist.is_initialized():
        yield Ranks(dist.get_rank(), dist.get_world_size())
    elif int(os.environ.get("WORLD_SIZE", 1)) > 1:
        _meet()
        yield Ranks(dist.get_rank(), dist.get_world_size())
        dist.destroy_process_group()  # not after an error: it may wait for the others
    else:
        yield Ranks()


def _meet() -> None:
    """Find the others, and not the addresses of processes before a restart.

    torchrun keeps one store for all its restarts (pytorch issue 135712). On one machine
    the count of restarts tells them apart; each machine has a count of its own.
    """
    both = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store, rank, count = next(rendezvous("env://", timeout=TIMEOUT))
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    alone = os.environ.get("GROUP_WORLD_SIZE", "1") == "1"
    if alone:
        name = f"restart {restart}"
        # documented there, but not in its __all__
        store = dist.PrefixStore(name, store)  # pyright: ignore[reportPrivateImportUsage]
    how = {"store": store, "rank": rank, "world_size": count, "timeout": TIMEOUT}
    try:
        dist.init_process_group(both, **how)
    except RuntimeError as error:
        if alone or restart == "0":
            raise
        raise CannotGoOn(
            "restarted, but the processes do not find each other: on several machines "
            "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun"
        ) from error


def open_together(log: RunLog, ranks: Ranks, *, resume: bool) -> None:
    """Open the log in rank 0, as `RunLog.open` does, and hand the others its state.

    Only rank 0 needs to see the folder, and the checkpoint may be of another number of
    processes.

    Parameters
    ----------
    log : RunLog
        Changed in place, and its run.
    ranks : Ranks
    resume : bool
        Whether to go on, if there is a run.

    Raises
    ------
    CannotResume
        In every process, as `RunLog.open` does in rank 0.
    CannotGoOn
        Likewise.
    """
    if ranks.count == 1:
        log.open(resume=resume)
        return
    found: list[Any] = [None, None]
    if ranks.rank == 0:
        try:
            if path := log.open(resume=resume):
                found[1] = path.read_bytes()
        except (CannotResume, CannotGoOn, OSError) as error:
            found[0] = error
    dist.broadcast_object_list(found, device=torch.device("cpu"))
    error, content = found
    if error:
        raise error
    if content and ranks.rank:
        log.restore(Path("the checkpoint of rank 0"), content)


@contextmanager
def peers_lost(log: RunLog, ranks: Ranks) -> Iterator[None]:
    """Say so if the others cannot be reached any more; all other errors pass.

    Started by torchrun, this process then ignores SIGTERM until it ends. Tried with
    gloo only: with NCCL a kernel that waits for the lost process may hold it until
    torchrun kills it.

    Raises
    ------
    LostProcess
        Another process of this run has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if ranks.count == 1 or not any(word in str(error) for word in BROKEN):
            raise
        if "TORCHELASTIC_RUN_ID" in os.environ and current_thread() is main_thread():
            # torchrun is about to send this, and would cut the last words short.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise LostProcess(
            f"rank {ranks.rank} of {ranks.count} stops after tick {log.run.tick}: "
            f"another process has ended{log.kept}. The same command with --resume goes "
            "on"
        ) from error
