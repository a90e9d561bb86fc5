"""The folder of a run: its checkpoint, and what people look at. Taught in book/08.

The checkpoint holds everything; the other files are made from it and may be deleted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import torch

from ganflow.training.keep import checkpoint
from ganflow.training.keep.checkpoint import CannotResume, Diary
from ganflow.training.keep.files import write_whole
from ganflow.training.keep.log import append_log, write_log
from ganflow.training.keep.pictures import curves_png, grid_png
from ganflow.training.run import Run
from ganflow.training.updates import columns

PAINT = 10  # seconds between two paintings: one takes as long as many ticks on a GPU


@dataclass
class Folder:
    """Where a run is kept.

    path : Path. saved : the tick of its checkpoint, None without one.
    logged : how many ticks log.csv holds. drawn : when the pictures were.
    """

    path: Path
    saved: int | None = None
    logged: int = 0
    drawn: float = -math.inf

    @property
    def checkpoint(self) -> Path:
        """The file that a run goes on from."""
        return self.path / "checkpoint.pt"

    def open(self, run: Run, *, resume: bool) -> Diary:
        """Begin a run here, or go on with the one that is here.

        Raises
        ------
        CannotResume : there is a run and `resume` is False, or it is another one.
        OSError : the folder cannot be written.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        diary = Diary()
        if self.checkpoint.exists():
            if not resume:
                raise CannotResume(
                    f"{self.path} holds a run already; pass --resume to go on with it, "
                    "or another --out"
                )
            diary = checkpoint.resume(self.checkpoint, run)
            self.saved = run.tick
        names = columns(run.settings)
        write_log(self.path / "log.csv", names, diary.rows)
        self.logged = len(diary.rows)
        return diary

    def log(self, diary: Diary) -> None:
        """Add the ticks that log.csv does not hold yet."""
        new = diary.rows[self.logged :]
        append_log(self.path / "log.csv", new, self.logged + 1)
        self.logged += len(new)

    def save(self, run: Run, diary: Diary) -> None:
        """Write the checkpoint, and the pictures unless that was done just before."""
        checkpoint.save(self.checkpoint, run, diary)
        self.saved = run.tick
        if monotonic() - self.drawn > PAINT:
            self.paint(run, diary)

    def paint(self, run: Run, diary: Diary) -> None:
        """Write the curves, and the grid of the averaged generator's last look."""
        self.drawn = monotonic()
        latest = diary.looks[max(diary.looks)]["averaged"].numpy()
        write_whole(self.path / "grid.png", grid_png(latest))
        curves = curves_png(columns(run.settings), torch.stack(diary.rows).numpy())
        write_whole(self.path / "curves.png", curves)

    def kept(self) -> str:
        """What a run that stops here leaves behind, in words."""
        if self.saved is None:
            return f"{self.path} has no checkpoint yet"
        return f"the checkpoint of tick {self.saved} in {self.path} is kept"
