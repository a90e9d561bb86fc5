"""What happens between ticks: read the losses, look, save. Taught in book/08."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, field
from time import perf_counter

import numpy as np
import torch
from torch import Tensor

from ganflow.records.training_run import TrainingRun
from ganflow.training.keep.checkpoint import Diary
from ganflow.training.keep.files import write_whole
from ganflow.training.keep.log import not_finite
from ganflow.training.keep.provenance import provenance
from ganflow.training.keep.run_folder import Folder
from ganflow.training.keep.snapshots import look, real_ones
from ganflow.training.run import Run
from ganflow.training.updates import Turns, columns, tick


class CannotGoOn(RuntimeError):
    """Training stopped by itself; the message says where, why and what is kept."""


@dataclass
class Session:
    """One process's part of a run.

    folder : None to write nothing. unread : rows still on the device. since : when the
    first of them was asked for. processes : how many share the run.
    """

    run: Run
    diary: Diary
    folder: Folder | None = None
    unread: list[Tensor] = field(default_factory=list)
    since: float = 0.0
    processes: int = 1

    @property
    def waited(self) -> float:
        """Seconds since the first tick that was not read yet."""
        return perf_counter() - self.since if self.unread else 0.0

    def tick(self, turns: Turns) -> None:
        """Do one tick, without waiting for it."""
        if not self.unread:
            self.since = perf_counter()
        self.unread.append(tick(self.run, turns=turns))

    def read(self) -> dict[str, float]:
        """Wait for the ticks so far and log them.

        Returns
        -------
        dict : of the last tick, by column; and images/s, real ones

        Raises
        ------
        CannotGoOn : a value is NaN or infinite.
        """
        if not self.unread:
            return {}
        new = list(torch.stack(self.unread).cpu())
        self.unread.clear()
        seconds = perf_counter() - self.since
        self.diary.spent += seconds
        first = len(self.diary.rows) + 1
        self.diary.rows += new
        if self.folder:
            self.folder.log(self.diary)
        settings = self.run.settings
        names = columns(settings)
        if wrong := not_finite(names, new, first):
            self._stop(wrong)
        images = len(new) * settings.critic_steps * settings.batch
        last = dict(zip(names, new[-1].tolist(), strict=True))
        return last | {"images/s": images / seconds}

    def look(self) -> None:
        """Keep what the networks make of the fixed z now."""
        self.diary.looks[self.run.tick] = look(self.run)
        self.diary.seconds[self.run.tick] = self.diary.spent

    def save(self) -> None:
        """Write the checkpoint, unless there is one of this tick.

        Raises
        ------
        CannotGoOn : a weight is NaN or infinite; the checkpoint before it stays.
        """
        if self.folder is None or self.folder.saved == self.run.tick:
            return
        for name in ("G", "D", "averaged"):
            values = [v.detach() for v in getattr(self.run, name).state_dict().values()]
            if not torch.stack([v.isfinite().all() for v in values]).all():
                self._stop(
                    f"a weight of {name} is not finite after tick {self.run.tick}"
                )
        self.folder.save(self.run, self.diary)

    def record(self) -> TrainingRun:
        """All that was seen so far, as arrays."""
        settings, diary = self.run.settings, self.diary
        names = columns(settings)
        rows = torch.stack(diary.rows) if diary.rows else torch.empty(0, len(names))
        ticks = sorted(diary.looks)
        looks = {
            name: np.stack([diary.looks[tick][name].numpy() for tick in ticks])
            for name in ("samples", "averaged", "slopes")
        }
        return TrainingRun(
            settings=asdict(settings),
            provenance=provenance(
                self.run.device,
                processes=self.processes,
                seed=settings.seed,
                seconds=round(diary.spent, 3),
            ),
            series=dict(zip(names, rows.numpy().T, strict=True)),
            ticks=np.array(ticks),
            seconds=np.array([diary.seconds[tick] for tick in ticks]),
            real=real_ones(self.run).numpy(),
            **looks,
        )

    def finish(self) -> None:
        """Write the pictures and run.npz."""
        self.folder.paint(self.run, self.diary)
        buffer = io.BytesIO()
        self.record().save(buffer)
        write_whole(self.folder.path / "run.npz", buffer.getvalue())

    def _stop(self, why: str) -> None:
        kept = f"; {self.folder.kept()}" if self.folder else ""
        raise CannotGoOn(
            f"{why}{kept}. The same settings would come to this again: begin another "
            "run with smaller rates, a stronger penalty or precision fp32"
        )
