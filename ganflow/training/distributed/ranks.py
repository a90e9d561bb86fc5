"""One run by several processes, each with its part of every batch. Taught in book/09.

`torchrun --nproc-per-node 2 tools/train_wgan_gp.py ...` starts them. All hold the whole
run, draw the same numbers and make the same moves on the mean of their gradients; so
they stay equal bit for bit, and only rank 0 writes.
"""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import current_thread, main_thread

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from ganflow.training.distributed.norm import mean_over_ranks
from ganflow.training.keep import checkpoint
from ganflow.training.keep.checkpoint import Diary
from ganflow.training.keep.run_folder import Folder
from ganflow.training.run import Run
from ganflow.training.sampling import Drawn
from ganflow.training.session import CannotGoOn
from ganflow.training.updates import turns

PATIENCE = timedelta(minutes=10)  # with a silent process, before its peers give up
BROKEN = ("Connection closed", "Connection reset", "Broken pipe", "NCCL")


class LostProcess(CannotGoOn):
    """Another process of this run has ended."""


@dataclass(frozen=True)
class Ranks:
    """The place of this process among those that share a run; alone by default."""

    rank: int = 0
    count: int = 1

    def device(self, device: torch.device) -> torch.device:
        """The GPU of this process, where GPUs are asked for.

        Raises
        ------
        ValueError : this machine has more processes than GPUs.
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
        """The samples of a batch that are this process's.

        Raises
        ------
        ValueError : the batch does not come out even.
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
        """The largest of all processes' wishes, so that all do the same next."""
        if self.count == 1:
            return wishes
        largest = torch.tensor(wishes)
        dist.all_reduce(largest, dist.ReduceOp.MAX)
        return tuple(largest.tolist())

    def turns(self, run: Run, drawn: Drawn) -> Tensor:
        """As `tick.turns`, on this process's part; the row is that of the joined batch.

        Gradient: as `tick.turns`, then the mean over the processes.
        """
        if self.count == 1:
            return turns(run, drawn)
        part = self.part(run.settings.batch)
        own = Drawn(*(numbers[:, part] for numbers in drawn))
        return mean_over_ranks(turns(run, own))


@contextmanager
def joined() -> Iterator[Ranks]:
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
    store, rank, count = next(rendezvous("env://", timeout=PATIENCE))
    restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    alone = os.environ.get("GROUP_WORLD_SIZE", "1") == "1"
    if alone:
        store = dist.PrefixStore(f"restart {restart}", store)
    how = {"store": store, "rank": rank, "world_size": count, "timeout": PATIENCE}
    try:
        dist.init_process_group(both, **how)
    except RuntimeError as error:
        if alone or restart == "0":
            raise
        raise CannotGoOn(
            "restarted, but the processes do not find each other: on several machines "
            "set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 for torchrun"
        ) from error


def open_together(
    folder: Folder | None, run: Run, ranks: Ranks, *, resume: bool
) -> Diary:
    """Open the folder in rank 0, as `Folder.open` does, and hand the others its state.

    Only rank 0 needs to see the folder, and the checkpoint may be of another number of
    processes.

    Raises
    ------
    what `Folder.open` raises, in every process.
    """
    if ranks.count == 1:
        return folder.open(run, resume=resume) if folder else Diary()
    diary, found = Diary(), [None, None]
    if folder and ranks.rank == 0:
        try:
            diary = folder.open(run, resume=resume)
            if folder.saved is not None:
                found[1] = folder.checkpoint.read_bytes()
        except (ValueError, OSError) as error:
            found[0] = error
    dist.broadcast_object_list(found, device=torch.device("cpu"))
    error, content = found
    if error:
        raise error
    if content and ranks.rank:
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place, folder.checkpoint.name)
            copy.write_bytes(content)
            diary = checkpoint.resume(copy, run)
    return diary


@contextmanager
def peers_lost(run: Run, folder: Folder | None, ranks: Ranks) -> Iterator[None]:
    """Say so if the others cannot be reached any more; all other errors pass.

    Started by torchrun, this process then ignores SIGTERM until it ends.

    Raises
    ------
    LostProcess
    """
    try:
        yield
    except RuntimeError as error:
        if ranks.count == 1 or not any(word in str(error) for word in BROKEN):
            raise
        if "TORCHELASTIC_RUN_ID" in os.environ and current_thread() is main_thread():
            # torchrun is about to send this, and would cut the last words short.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        kept = f"; {folder.kept()}" if folder and ranks.rank == 0 else ""
        raise LostProcess(
            f"rank {ranks.rank} of {ranks.count} stops after tick {run.tick}: another "
            f"process has ended{kept}. The same command with --resume goes on"
        ) from error
