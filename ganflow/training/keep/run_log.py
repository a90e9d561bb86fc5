"""What a run has recorded so far, and the folder that keeps it.

The checkpoint holds everything; the other files are made from it and may be deleted.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, perf_counter
from typing import NoReturn

import numpy as np
import torch
from torch import Tensor

from ganflow.records.training_run import TrainingRun
from ganflow.training.keep import checkpoint
from ganflow.training.keep.checkpoint import CannotResume, write_whole
from ganflow.training.keep.pictures import curves_png, grid_png
from ganflow.training.keep.provenance import provenance
from ganflow.training.keep.snapshots import Snapshot, real_images, snapshot
from ganflow.training.run import Run
from ganflow.training.updates import columns

PAINT = 10  # seconds between two paintings: one takes as long as many ticks on a GPU


class CannotGoOn(RuntimeError):
    """Training stopped by itself; the message says where, why and what is kept."""


@dataclass
class RunLog:
    """The rows and snapshots of a run, and its folder.

    Attributes
    ----------
    run : Run
        The run that is recorded; `open` and `restore` change it, nothing else does.
    folder : Path or None
        Where its files lie; without one nothing is written.
    processes : int
        How many share the run.
    rows : list of Tensor (columns,)
        One for each tick that was waited for, on the CPU.
    pending : list of Tensor (columns,)
        Those of the ticks since, still on the device.
    since : float, seconds
        When the first of them was asked for.
    snapshots : dict of int to Snapshot
        By the ticks done; with the `seconds` of training by then.
    spent : float, seconds
        Of training so far, without the taking of snapshots.
    saved : int or None
        The tick of the checkpoint in the folder, if there is one.
    painted : float, seconds
        When the pictures were.
    """

    run: Run
    folder: Path | None = None
    processes: int = 1
    rows: list[Tensor] = field(init=False, default_factory=list)
    pending: list[Tensor] = field(init=False, default_factory=list)
    since: float = field(init=False, default=0.0)
    snapshots: dict[int, Snapshot] = field(init=False, default_factory=dict)
    spent: float = field(init=False, default=0.0)
    saved: int | None = field(init=False, default=None)
    painted: float = field(init=False, default=-math.inf)

    @property
    def waited(self) -> float:
        """Seconds since the first tick that is still pending."""
        return perf_counter() - self.since if self.pending else 0.0

    @property
    def kept(self) -> str:
        """What a run that stops here leaves behind, as the end of a sentence."""
        if self.folder is None:
            return ""
        if self.saved is None:
            return f"; {self.folder} has no checkpoint yet"
        return f"; the checkpoint of tick {self.saved} in {self.folder} is kept"

    def open(self, *, resume: bool) -> Path | None:
        """Begin the run in its folder, or go on with the one that is there.

        Parameters
        ----------
        resume : bool
            Whether to go on, if the folder holds a run.

        Returns
        -------
        Path or None
            The checkpoint that it goes on from, if it does.

        Raises
        ------
        CannotResume
            There is a run and `resume` is False, or it is another one.
        CannotGoOn
            The folder cannot be written.
        """
        if self.folder is None:
            return None
        with self._writing(self.folder) as folder:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / checkpoint.NAME
            if found := path.exists():
                if not resume:
                    raise CannotResume(
                        f"{folder} holds a run already; pass --resume to go on with "
                        "it, or another --out"
                    )
                self.restore(path)
                self.saved = self.run.tick
            header = ",".join(("tick", *columns(self.run.settings))) + "\n"
            write_whole(folder / "log.csv", header.encode() + _lines(self.rows, 1))
        return path if found else None

    def restore(self, path: Path, content: bytes | None = None) -> None:
        """Put the run and its log where a checkpoint was.

        Parameters
        ----------
        path : Path
            Of the checkpoint.
        content : bytes, optional
            Its bytes, where another process has read them.

        Raises
        ------
        CannotResume
            As `checkpoint.resume` says.
        """
        held = checkpoint.resume(path, self.run, content)
        self.rows = list(held["rows"])
        self.snapshots, self.spent = held["snapshots"], held["spent"]

    def add(self, row: Tensor, started: float) -> None:
        """Take the row of a tick, without waiting for it.

        Parameters
        ----------
        row : Tensor (columns,)
            On the device.
        started : float, seconds
            What `perf_counter` said before the tick.
        """
        if not self.pending:
            self.since = started
        self.pending.append(row)

    def flush(self) -> dict[str, float]:
        """Wait for the ticks so far, and add their lines to log.csv.

        Returns
        -------
        dict of str to float
            The values of the last tick, by column, and images/s, real ones; empty if
            no tick was pending.

        Raises
        ------
        CannotGoOn
            A value is NaN or infinite, a scale of fp16 fell below 1, or log.csv cannot
            be written.
        """
        if not self.pending:
            return {}
        new = list(torch.stack(self.pending).cpu())
        self.pending.clear()
        seconds = perf_counter() - self.since
        self.spent += seconds
        first = len(self.rows) + 1
        self.rows += new
        if self.folder is not None:
            with self._writing(self.folder) as folder:
                with open(folder / "log.csv", "ab") as file:
                    file.write(_lines(new, first))
        settings = self.run.settings
        names = columns(settings)
        if wrong := _not_finite(names, new, first) or _scaled_away(names, new, first):
            self._stop(wrong)
        images = len(new) * settings.critic_steps * settings.batch
        last = dict(zip(names, new[-1].tolist(), strict=True))
        return last | {"images/s": images / seconds}

    def take_snapshot(self) -> None:
        """Keep what the networks make of the fixed z now."""
        seconds = torch.tensor(self.spent, dtype=torch.float64)
        self.snapshots[self.run.tick] = snapshot(self.run) | {"seconds": seconds}

    def save(self) -> None:
        """Write the checkpoint, unless there is one of this tick; then the pictures.

        Raises
        ------
        CannotGoOn
            A weight is NaN or infinite, or a file cannot be written; the checkpoint
            before it stays.
        """
        if self.folder is None or self.saved == self.run.tick:
            return
        for name in ("G", "D", "averaged"):
            values = [v.detach() for v in getattr(self.run, name).state_dict().values()]
            if not torch.stack([v.isfinite().all() for v in values]).all():
                self._stop(
                    f"a weight of {name} is not finite after tick {self.run.tick}"
                )
        held = {
            "rows": torch.stack(self.rows),
            "snapshots": self.snapshots,
            "spent": self.spent,
        }
        with self._writing(self.folder) as folder:
            checkpoint.save(folder / checkpoint.NAME, self.run, held)
            self.saved = self.run.tick
            if monotonic() - self.painted > PAINT:
                self._paint(folder)

    def finish(self) -> None:
        """Write the pictures and run.npz, if there is a folder and a tick was done.

        Raises
        ------
        CannotGoOn
            A file cannot be written.
        """
        if self.folder is None or not self.run.tick:
            return
        buffer = io.BytesIO()
        self.record().save(buffer)
        with self._writing(self.folder) as folder:
            self._paint(folder)
            write_whole(folder / "run.npz", buffer.getvalue())

    def record(self) -> TrainingRun:
        """Make arrays of all that was recorded so far."""
        settings = self.run.settings
        names = columns(settings)
        rows = torch.stack(self.rows) if self.rows else torch.empty(0, len(names))
        ticks = sorted(self.snapshots)
        taken = {
            name: np.stack([self.snapshots[tick][name].numpy() for tick in ticks])
            for name in ("seconds", "samples", "averaged", "slopes")
        }
        return TrainingRun(
            settings=asdict(settings),
            provenance=provenance(
                self.run.device,
                processes=self.processes,
                seed=settings.seed,
                precision=self.run.precision.name,
                why=self.run.precision.why,
                seconds=round(self.spent, 3),
            ),
            series=dict(zip(names, rows.numpy().T, strict=True)),
            ticks=np.array(ticks),
            real=real_images(self.run).numpy(),
            **taken,
        )

    def _paint(self, folder: Path) -> None:
        """Write the curves, and the last snapshot of the averaged generator."""
        self.painted = monotonic()
        latest = self.snapshots[max(self.snapshots)]["averaged"].numpy()
        write_whole(folder / "grid.png", grid_png(latest))
        names, rows = columns(self.run.settings), torch.stack(self.rows).numpy()
        write_whole(folder / "curves.png", curves_png(names, rows))

    @contextmanager
    def _writing(self, folder: Path) -> Iterator[Path]:
        try:
            yield folder
        except OSError as error:
            raise CannotGoOn(
                f"after tick {self.run.tick} a file cannot be written ({error})"
                f"{self.kept}. Make room, then pass --resume"
            ) from error

    def _stop(self, why: str) -> NoReturn:
        raise CannotGoOn(
            f"{why}{self.kept}. The same settings would come to this again: begin "
            "another run with smaller rates, a stronger penalty or precision fp32"
        )


def _not_finite(names: Sequence[str], rows: Iterable[Tensor], first: int) -> str | None:
    """The first tick with a value that is NaN or infinite, in words; None without one.

    If one of D's is, then loss_G is because of it and goes without saying.
    """
    for number, row in enumerate(rows, start=first):
        pairs = zip(names, row.tolist(), strict=True)
        wrong = {name: value for name, value in pairs if not math.isfinite(value)}
        if len(wrong) > 1:
            wrong.pop("loss_G", None)
        if wrong:
            told = " and ".join(f"{name} is {value}" for name, value in wrong.items())
            return f"at tick {number} {told}"
    return None


def _scaled_away(
    names: Sequence[str], rows: Iterable[Tensor], first: int
) -> str | None:
    """The first tick after which a scale is below 1, in words; None without one.

    It is halved by each step left out: such a gradient overflows at any scale.
    """
    for number, row in enumerate(rows, start=first):
        seen = dict(zip(names, row.tolist(), strict=True))
        for player in ("D", "G"):
            if seen.get(f"scale_{player}", 1.0) < 1:
                count = f"{seen[f'skipped_{player}']:.0f}"
                return (
                    f"at tick {number} the scale of {player}'s loss is below 1, since "
                    f"{count} steps of {player} overflowed in float16"
                )
    return None


def _lines(rows: Iterable[Tensor], first: int) -> bytes:
    """Nine digits: as many as tell every float32 from its neighbours."""
    lines = (
        ",".join((str(number), *(f"{value:.9g}" for value in row.tolist())))
        for number, row in enumerate(rows, start=first)
    )
    return "".join(f"{line}\n" for line in lines).encode()
