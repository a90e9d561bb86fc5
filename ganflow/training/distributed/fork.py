"""Try something in several processes, from a notebook or a test."""

from __future__ import annotations

import multiprocessing.connection
import os
import pickle
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic
from typing import Any

import torch
import torch.distributed as dist

from ganflow.training.distributed.ranks import TIMEOUT


def in_processes(
    count: int, work: Callable[[int], Any], *, seconds: float = 60
) -> list[Any]:
    """Call work(rank) in `count` new processes that torch.distributed joins by gloo.

    They are forks of this one, so that a notebook's own functions can be called; they
    use the CPU, one thread each. This process should have differentiated nothing yet:
    where torch has CUDA, forks could then do so no more.

    Parameters
    ----------
    count : int, >= 1
        Of processes.
    work : callable
        Called with the rank; its results must be ones that pickle takes.
    seconds : float, default 60
        Until all are ended, done or not.

    Returns
    -------
    list
        What each returned, by rank.

    Raises
    ------
    Exception
        What the first to fail raised.
    ChildProcessError
        A process ended without a word.
    TimeoutError
        One did not end in time.
    ValueError
        No fork here (Windows).
    """
    import torch._dynamo  # noqa: F401, DDP would import it anew in each child, in 3 s

    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as place:
        started = []
        try:
            for rank in range(count):
                here, there = fork.Pipe(duplex=False)
                task = (work, rank, count, Path(place, "meeting"), there)
                process = fork.Process(target=_work, args=task, daemon=True)
                process.start()
                started.append((process, here))
                there.close()
            return _collect(started, monotonic() + seconds)
        finally:
            for process, _ in started:
                process.kill()
                process.join()


def _work(
    work: Callable[[int], Any], rank: int, count: int, meeting: Path, there: Connection
) -> None:
    """What a child does from its birth to its end."""
    torch.set_num_threads(1)
    os.environ.pop("WORLD_SIZE", None)
    # Or the first step of an optimizer looks for a GPU, which a fork cannot use.
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    try:
        dist.init_process_group(
            "gloo", f"file://{meeting}", TIMEOUT, world_size=count, rank=rank
        )
        # Pickled whole: a Connection's own way would share a tensor's memory instead.
        there.send_bytes(pickle.dumps((True, work(rank))))
    except Exception as error:  # raised again by the parent
        there.send_bytes(pickle.dumps((False, error)))


def _collect(
    started: list[tuple[BaseProcess, Connection]], deadline: float
) -> list[Any]:
    """Wait for all, but not for the others once one has failed."""
    found = {}
    waiting = {here: rank for rank, (_, here) in enumerate(started)}
    while waiting:
        left = deadline - monotonic()
        ready = multiprocessing.connection.wait(list(waiting), max(left, 0))
        if not ready:
            raise TimeoutError(f"ranks {sorted(waiting.values())} did not end in time")
        for here in [one for one in waiting if one in ready]:
            rank = waiting.pop(here)
            try:
                fine, value = pickle.loads(here.recv_bytes())
            except EOFError:
                raise ChildProcessError(f"rank {rank} ended without a word") from None
            if not fine:
                raise value
            found[rank] = value
    return [found[rank] for rank in range(len(started))]
