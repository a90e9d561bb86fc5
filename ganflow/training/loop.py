"""Train: begin or go on, tick, look, save, and stop well. Taught in book/08."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ganflow.records.training_run import TrainingRun
from ganflow.training.distributed.loss import share
from ganflow.training.distributed.ranks import Ranks, joined, open_together, peers_lost
from ganflow.training.graphs import recorded_turns
from ganflow.training.keep.run_folder import Folder
from ganflow.training.keep.snapshots import ticks_to_look
from ganflow.training.run import Run, begin
from ganflow.training.session import CannotGoOn, Session
from ganflow.training.settings import Settings
from ganflow.training.signals import Stop, on_request
from ganflow.training.updates import multiplying

READ = 0.5  # seconds between two readings of the losses: to read is to wait
SHOWN = ("images/s", "loss_D", "loss_G", "slope")  # beside the progress bar


@dataclass(frozen=True)
class Trained:
    """What came of `train`: the record, the run as it stands, and who stopped it.

    stopped : the number of the signal that ended it early, 0 if it is done.
    """

    record: TrainingRun
    run: Run
    stopped: int


@dataclass(frozen=True)
class Habits:
    """How a run is watched and kept, none of which changes its numbers.

    every : ticks between checkpoints, >= 1. looks : pictures recorded at most, >= 2
    graphs : record the moves as a CUDA graph. progress : show a bar.
    watch : called with the record so far at each look.
    """

    every: int = 100
    looks: int = 24
    graphs: bool = False
    progress: bool = True
    watch: Callable[[TrainingRun], None] | None = None

    def __post_init__(self):
        if self.every < 1:
            raise ValueError(f"every is {self.every} ticks; it must be 1 or more")


def train(
    settings: Settings,
    images: Tensor | np.ndarray,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    device: str = "auto",
    **habits,
) -> Trained:
    """Train a generator and a critic of images.

    Ctrl-C or SIGTERM ends it after the tick that is being done, and all is saved. Under
    torchrun its processes share the run, and rank 0 writes; see `spread`.

    Parameters
    ----------
    settings : Settings
    images : (n, channels, size, size), float32, pixels in [-1, 1]
    out : folder for checkpoint, log, pictures and record; nothing is written without
    resume : go on with the run in `out`; begin one if there is none
    device : "auto" takes a GPU if torch sees one
    habits : fields of Habits

    Returns
    -------
    Trained

    Raises
    ------
    CannotResume : `out` holds a run and resume is False, or another run.
    LostProcess : another process of this run has ended.
    CannotGoOn : a loss or weight is no longer finite, or a file cannot be written. The
        checkpoint from before it is whole.
    ValueError : images that do not fit, graphs without a GPU, a batch that does not
        come out even for the processes.

    Gradient: as `tick`; the loop around it takes none.
    """
    habits = Habits(**habits)
    with joined() as ranks:
        run = begin(settings, images, ranks.device(pick(device)))
        share(run, ranks)
        folder = None if out is None else Folder(Path(out))
        with peers_lost(run, folder, ranks):
            return _train(run, folder, ranks, resume, habits)


def _train(
    run: Run, folder: Folder | None, ranks: Ranks, resume: bool, habits: Habits
) -> Trained:
    try:
        diary = open_together(folder, run, ranks, resume=resume)
        own = folder if ranks.rank == 0 else None
        session = Session(run, diary, own, processes=ranks.count)
        patient = ranks.count > 1
        with on_request(patient=patient) as stop, multiplying(run.settings):
            _to_the_end(session, habits, stop, ranks)
        if own and run.tick:
            session.finish()
    except OSError as error:
        if folder is None:  # it writes nothing: this is an error of `watch`
            raise
        raise CannotGoOn(
            f"after tick {run.tick} a file cannot be written ({error}); "
            f"{folder.kept()}. Make room, then pass --resume"
        ) from error
    return Trained(session.record(), run, stop.signal)


def pick(device: str) -> torch.device:
    """The device of that name; for "auto" a GPU if torch sees one.

    Raises
    ------
    ValueError : a name that torch does not know, or a GPU that it does not see.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise ValueError(f"device is {device!r}; pass auto, cpu or cuda") from error
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device is {device!r} and torch sees no GPU; pass cpu")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise ValueError(
            f"device is {device!r} and torch sees {count} GPUs; pass cuda:0 to "
            f"cuda:{count - 1}"
        )
    return found


def _to_the_end(session: Session, habits: Habits, stop: Stop, ranks: Ranks) -> None:
    run, ticks = session.run, session.run.settings.ticks
    moves = recorded_turns(run) if habits.graphs else ranks.turns
    wanted = ticks_to_look(ticks, habits.looks)
    with _bar(run, habits, ranks) as bar:
        while True:
            stop.signal, late = ranks.agree(stop.signal, session.waited > READ)
            last = run.tick >= ticks or stop.signal
            looking = run.tick in wanted and run.tick not in session.diary.looks
            saving = run.tick and (run.tick % habits.every == 0 or last)
            if looking or saving or last or late:
                _show(bar, session.read(), run.tick)
            if looking:
                session.look()
                if habits.watch and ranks.rank == 0:
                    habits.watch(session.record())
            if saving:
                session.save()
            if last:
                return
            session.tick(moves)


def _bar(run: Run, habits: Habits, ranks: Ranks) -> tqdm:
    return tqdm(
        total=run.settings.ticks,
        initial=run.tick,
        disable=not habits.progress or ranks.rank > 0,
        unit="tick",
    )


def _show(bar: tqdm, seen: dict[str, float], tick: int) -> None:
    """Move the bar to this tick."""
    shown = {name: f"{seen[name]:.3g}" for name in SHOWN if name in seen}
    bar.set_postfix(shown, refresh=False)
    bar.update(tick - bar.n)
