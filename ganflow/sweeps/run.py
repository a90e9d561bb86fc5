"""Many runs at once: one batched tensor program, one labelled result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import xarray as xr
from torch import Tensor
from tqdm.auto import tqdm

from ganflow.check import one_of, whole
from ganflow.sweeps.grid import Grid, list_of, product_of
from ganflow.sweeps.settings import Setting
from ganflow.sweeps.stack import Stack


def sweep(
    base: Setting | Sequence[Setting],
    *,
    over: Mapping[str, Iterable] | None = None,
    ticks: int,
    record_every: int = 1,
    device: str | torch.device = "cpu",
    chunk: int = 64,
    progress: bool = True,
) -> xr.Dataset:
    """Run every combination of settings, many at once, each as `play` would alone.

    Parameters
    ----------
    base : GameSetting or GanSetting, or a list of one kind
        What describes a run; a list goes without `over`.
    over : dict of lists, optional
        Values by the name of a setting's field. The grid is their product, the last
        changes fastest.
    ticks : int
        >= 0, how often each schedule is played.
    record_every : int, default 1
        >= 1, ticks between records; the last tick is recorded in any case.
    device : str or torch.device, default "cpu"
        "cpu" or "cuda". Batches are drawn on the CPU either way.
    chunk : int, default 64
        >= 1, the most runs at once; it bounds the memory and changes no result.
    progress : bool, default True
        Whether to show a progress bar over ticks of chunks.

    Returns
    -------
    xarray.Dataset
        The series of `play` as variables (dimensions: the fields of `over`, or "run";
        "tick"; for samples also "sample" and "xy"; the fields theta and psi are called
        theta_start and psi_start there), and for each run

        - diverged: the first recorded tick with a value that is not finite, from which
          on everything is NaN; NaN if there is none;
        - last_tick: the last tick that was recorded, -1 if the run was never begun.

        Its attributes say what all runs share. After a KeyboardInterrupt what is done
        is returned, the rest is NaN (see last_tick) and attrs["interrupted"] is True.

    Raises
    ------
    ValueError
        A field that the setting lacks, no values, one value twice, numbers out of
        range, no CUDA device.
    KeyboardInterrupt
        Nothing had been recorded yet.

    Gradient: as in `play`: each move differentiates its own loss by its own parameters.
    """
    plan = Plan.of(base, over, ticks, record_every, device, chunk)
    return plan.dataset(plan.run(plan.chunks, progress=progress))


@dataclass(frozen=True)
class Plan:
    """What a sweep is to do.

    Parameters
    ----------
    grid : Grid
        The runs, and how to lay them out.
    at : array (T,)
        The ticks to record.
    device : torch.device
        Where to compute.
    chunks : list of lists of int
        The runs of each program, by number.
    """

    grid: Grid
    at: np.ndarray
    device: torch.device
    chunks: list[list[int]]

    @classmethod
    def of(
        cls,
        base: Setting | Sequence[Setting],
        over: Mapping[str, Iterable] | None,
        ticks: int,
        record_every: int,
        device: str | torch.device,
        chunk: int,
    ) -> Plan:
        """Check what `sweep` was given."""
        grid, at = _grid_of(base, over), _recorded(ticks, record_every, chunk)
        return cls(grid, at, _device(device), list(_chunks(grid, chunk)))

    def run(self, chunks: Sequence[list[int]], *, progress: bool) -> Records:
        """Run some of the chunks, or as much of them as KeyboardInterrupt lets."""
        records, ticks = Records(len(self.grid.settings), self.at), int(self.at[-1])
        bar = tqdm(total=ticks * len(chunks), disable=not progress, unit="tick")
        with bar:
            try:
                for rows in chunks:
                    some = (self.grid.settings[row] for row in rows)
                    stack = Stack.of(list(some), self.device)
                    _run(stack, np.array(rows), ticks, records, bar)
            except KeyboardInterrupt:
                if not records.series:
                    raise
                records.interrupted = True
        return records

    def dataset(self, records: Records) -> xr.Dataset:
        """Label what was recorded."""
        how = {"interrupted": records.interrupted}
        return self.grid.dataset(records.finished(), self.at, **how)


@dataclass
class Records:
    """What was seen of all runs, NaN where nothing was.

    Parameters
    ----------
    runs : int
        How many there are.
    at : array (T,)
        The ticks to record.
    series : dict of arrays (runs, T, ...)
        What was seen, by its name.
    last : array (runs,)
        The last tick recorded of each run, -1 where none was.
    interrupted : bool
        Whether the sweep was stopped before its end.
    """

    runs: int
    at: np.ndarray
    series: dict[str, np.ndarray] = field(default_factory=dict)
    last: np.ndarray = field(init=False)
    interrupted: bool = False

    def __post_init__(self):
        self.last = np.full(self.runs, -1)

    def keep(self, rows: np.ndarray, tick: int, seen: Mapping[str, Tensor]) -> None:
        """Write down what was seen of some runs; `last` only when all of it is."""
        position = np.searchsorted(self.at, tick)
        for name, tensor in seen.items():
            values = tensor.cpu().numpy()
            if name not in self.series:
                shape = (self.runs, len(self.at), *values.shape[1:])
                self.series[name] = np.full(shape, np.nan, values.dtype)
            self.series[name][rows, position] = values
        self.last[rows] = tick

    def finished(self) -> dict[str, np.ndarray]:
        """The series, NaN from where a run diverged and where its records end."""
        shape = (self.runs, len(self.at))
        bad = np.zeros(shape, bool)
        for values in self.series.values():
            bad |= ~np.isfinite(values).reshape(*shape, -1).all(axis=2)
        seen = self.at <= self.last[:, None]
        bad = np.logical_or.accumulate(bad, axis=1)
        for values in self.series.values():
            values[bad | ~seen] = np.nan
        found = bad & seen
        first = self.at[found.argmax(axis=1)]
        diverged = np.where(found.any(axis=1), first, np.nan)
        return self.series | {"diverged": diverged, "last_tick": self.last}


def _run(
    stack: Stack, rows: np.ndarray, ticks: int, records: Records, bar: tqdm
) -> None:
    """Play a chunk to its end."""
    records.keep(rows, 0, stack.players.observe(stack.state.values))
    for tick in range(1, ticks + 1):
        stack.tick()
        if tick in records.at:
            records.keep(rows, tick, stack.players.observe(stack.state.values))
        bar.update()


def _grid_of(
    base: Setting | Sequence[Setting], over: Mapping[str, Iterable] | None
) -> Grid:
    if isinstance(base, Setting):
        return product_of(base, over or {})
    if over:
        raise ValueError(
            f"base is a list of {len(base)} settings; expected one setting with "
            "`over`, or a list without"
        )
    return list_of(list(base))


def _chunks(grid: Grid, most: int) -> Iterable[list[int]]:
    """Runs of one program, those of one schedule side by side, at most so many."""
    programs: dict[tuple, list[int]] = {}
    for row, setting in enumerate(grid.settings):
        programs.setdefault(setting.program, []).append(row)
    for rows in programs.values():
        rows.sort(key=lambda row: grid.settings[row].schedule.text)
        for start in range(0, len(rows), most):
            yield rows[start : start + most]


def _recorded(ticks: int, record_every: int, chunk: int) -> np.ndarray:
    """The ticks that are recorded, as `play` does."""
    whole("ticks", ticks, least=0)
    whole("record_every", record_every, least=1)
    whole("chunk", chunk, least=1)
    return np.unique([*range(0, ticks + 1, record_every), ticks])


def _device(device: str | torch.device) -> torch.device:
    one_of("device", str(device).split(":")[0], ("cpu", "cuda"))
    device = torch.device(device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            f"device is {str(device)!r}; expected 'cpu', for torch finds no CUDA device"
        )
    return device
