"""The grid of a sweep split over processes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
import xarray as xr

from ganflow.sweeps.run import Plan, Records
from ganflow.sweeps.settings import Setting


def sweep_over_ranks(
    base: Setting | Sequence[Setting],
    *,
    over: Mapping[str, Iterable] | None = None,
    ticks: int,
    record_every: int = 1,
    device: str | torch.device = "cpu",
    chunk: int = 64,
    progress: bool = True,
) -> xr.Dataset:
    """Run a sweep in all processes of torch.distributed, each its part of the chunks.

    A chunk is one batched program and stays whole, so every number is that of `sweep`
    with the same `chunk`, bit for bit. Nobody is idle if there are as many chunks as
    processes.

    Parameters
    ----------
    base : GameSetting or GanSetting, or a list of one kind
        As for `sweep`.
    over : dict of lists, optional
        As for `sweep`.
    ticks : int
        >= 0, how often each schedule is played.
    record_every : int, default 1
        >= 1, ticks between records.
    device : str or torch.device, default "cpu"
        Where this process computes, "cpu" or "cuda".
    chunk : int, default 64
        >= 1, the most runs at once.
    progress : bool, default True
        Whether the first process shows a progress bar over its ticks of chunks.

    Returns
    -------
    xarray.Dataset
        That of `sweep`, which this is in one process. All processes return all of it.

    Raises
    ------
    ValueError
        As `sweep`.
    KeyboardInterrupt
        This process had not recorded anything yet.

    Gradient: as in `play`.
    """
    plan = Plan.of(base, over, ticks, record_every, device, chunk)
    rank, count = 0, 1
    if dist.is_available() and dist.is_initialized():
        rank, count = dist.get_rank(), dist.get_world_size()
    parts = [plan.chunks[first::count] for first in range(count)]
    records = plan.run(parts[rank], progress=progress and rank == 0)
    if count > 1:
        records = _gathered(records, parts, rank)
    return plan.dataset(records)


def _gathered(own: Records, parts: list[list[list[int]]], rank: int) -> Records:
    """The records of all processes; each sends the rows of its own chunks only."""
    rows = [np.array(sum(part, []), int) for part in parts]
    series = {name: values[rows[rank]] for name, values in own.series.items()}
    sent: list[Any] = [None] * len(parts)
    dist.all_gather_object(sent, (series, own.last[rows[rank]], own.interrupted))
    whole = Records(own.runs, own.at)
    for place, (some, last, interrupted) in zip(rows, sent, strict=True):
        for name, values in some.items():
            shape = (whole.runs, *values.shape[1:])
            empty = np.full(shape, np.nan, values.dtype)
            whole.series.setdefault(name, empty)[place] = values
        whole.last[place] = last
        whole.interrupted |= interrupted
    return whole
