"""Train: begin or go on, tick, record, save, and stop well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from ganflow.records.training_run import TrainingRun
from ganflow.training.distributed.loss import share
from ganflow.training.distributed.ranks import open_together, peers_lost, process_group
from ganflow.training.glance import Glance, Look
from ganflow.training.graphs import recorded_turns
from ganflow.training.keep.run_log import RunLog
from ganflow.training.keep.snapshots import snapshot_ticks
from ganflow.training.run import Run, begin
from ganflow.training.settings import Settings
from ganflow.training.signals import stop_on_signals
from ganflow.training.updates import cuda_precision, tick

READ = 0.5  # seconds between two readings of the losses: to read is to wait
SHOWN = ("images/s", "loss_D", "loss_G", "slope")  # beside the progress bar
SHOWN += ("skipped_D", "skipped_G")  # in fp16


@dataclass(frozen=True)
class Trained:
    """What came of `train`.

    Attributes
    ----------
    record : TrainingRun
        All that was recorded.
    run : Run
        The run as it stands.
    stopped : int
        The number of the signal that ended it early, 0 if it is done.
    """

    record: TrainingRun
    run: Run
    stopped: int


def train(
    settings: Settings,
    images: Tensor | np.ndarray,
    *,
    out: str | Path | None = None,
    resume: bool = False,
    device: str = "auto",
    every: int = 100,
    snapshots: int = 24,
    graphs: bool = False,
    progress: bool = True,
    watch: Callable[[TrainingRun], None] | None = None,
    look: Look | None = None,
) -> Trained:
    """Train a generator and a critic of images.

    Ctrl-C or SIGTERM ends it after the tick that is being done, and all is saved. Under
    torchrun its processes share the run, and rank 0 writes; see `distributed.ranks`.
    Nothing but `settings` and `images` changes the numbers of a run.

    Parameters
    ----------
    settings : Settings
        All that decides the numbers of the run, such as `recipe("wgan-gp")`.
    images : Tensor or array (n, channels, size, size), float32
        Pixels in [-1, 1], of the size and the channels that the settings say.
    out : str or Path, optional
        Folder for checkpoint, log, pictures and record; nothing is written without.
    resume : bool, default False
        Go on with the run in `out`; begin one if there is none.
    device : str, default "auto"
        "auto" takes a GPU if torch sees one.
    every : int, >= 1, default 100
        Ticks between checkpoints.
    snapshots : int, >= 2, default 24
        How many are recorded at most, from before the first tick to the end.
    graphs : bool, default False
        Record the moves as a CUDA graph.
    progress : bool, default True
        Show a bar.
    watch : callable, optional
        Called with the record so far at each snapshot.
    look : callable, optional
        Called before the first tick, every few seconds, and at the end, with the ticks
        done and what the averaged generator makes of 25 fixed z: array (25, size,
        size, channels), uint8. None of it is recorded.

    Returns
    -------
    Trained

    Raises
    ------
    CannotResume
        `out` holds a run and resume is False, or another run.
    LostProcess
        Another process of this run has ended.
    CannotGoOn
        A loss or weight is no longer finite, in fp16 no scale is small enough, or a
        file cannot be written. The checkpoint from before it is whole.
    ValueError
        An option out of its range, images that do not fit, a precision that the device
        does not offer, graphs without a GPU, a batch that does not come out even for
        the processes.

    Gradient: as `tick`; the loop around it takes none.
    """
    if every < 1:
        raise ValueError(f"every is {every} ticks; it must be 1 or more")
    wanted = snapshot_ticks(settings.ticks, snapshots)
    with process_group() as ranks:
        run = begin(settings, images, ranks.device(pick_device(device)))
        share(run, ranks)
        first = ranks.rank == 0
        glance = Glance(look if first else None)
        folder = Path(out) if out is not None and first else None
        log = RunLog(run, folder, processes=ranks.count)
        with peers_lost(log, ranks):
            open_together(log, ranks, resume=resume)
            patient = ranks.count > 1
            with stop_on_signals(patient=patient) as stop, cuda_precision(run.settings):
                turns = recorded_turns(run) if graphs else ranks.turns
                with _bar(run, shown=progress and first) as bar:
                    while True:
                        late = log.waited > READ
                        stop.signal, late = ranks.agree(stop.signal, late)
                        last = run.tick >= settings.ticks or stop.signal
                        due = run.tick in wanted and run.tick not in log.snapshots
                        saving = run.tick and (run.tick % every == 0 or last)
                        if due or saving or last or late:
                            _show(bar, log.flush(), run.tick)
                            glance(run, always=bool(last))
                        if due:
                            log.take_snapshot()
                            if watch and first:
                                watch(log.record())
                        if saving:
                            log.save()
                        if last:
                            break
                        started = perf_counter()
                        log.add(tick(run, turns=turns), started)
            log.finish()
            return Trained(log.record(), run, stop.signal)


def pick_device(device: str) -> torch.device:
    """Find the device of that name; for "auto" a GPU if torch sees one.

    Parameters
    ----------
    device : str
        "auto", "cpu", "cuda", "cuda:1", …

    Returns
    -------
    torch.device

    Raises
    ------
    ValueError
        A name that torch does not know, or a GPU that it does not see.
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


def _bar(run: Run, *, shown: bool) -> tqdm:
    return tqdm(
        total=run.settings.ticks, initial=run.tick, disable=not shown, unit="tick"
    )


def _show(bar: tqdm, seen: dict[str, float], tick: int) -> None:
    """Move the bar to this tick."""
    shown = {name: f"{seen[name]:.3g}" for name in SHOWN if name in seen}
    bar.set_postfix(shown, refresh=False)
    bar.update(tick - bar.n)
