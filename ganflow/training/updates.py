"""One tick: D moves `critic_steps` times, then G once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from ganflow.training.moves import fast, plain
from ganflow.training.run import Run
from ganflow.training.sampling import Batches, sample_batches
from ganflow.training.settings import Settings

Turns = Callable[[Run, Batches], Tensor]
SCALING = ("skipped_D", "scale_D", "skipped_G", "scale_G")


def columns(settings: Settings) -> tuple[str, ...]:
    """Say what a row of a tick holds: losses, mean scores and the penalty, if any.

    All are of the last move of each player, before it moved. loss_D is without the
    penalty, and penalty is before its strength. In fp16 there are also the steps of
    each player that were left out so far, and the scale of its next loss.
    """
    with_penalty = ("penalty", "slope") if settings.penalty != "none" else ()
    seen = ("loss_D", "score_real", "score_fake", *with_penalty, "loss_G")
    return (*seen, *SCALING) if settings.precision == "fp16" else seen


def turns(run: Run, batches: Batches) -> Tensor:
    """Make all moves of a tick, on what was sampled for it.

    Parameters
    ----------
    run : Run
        Changed in place.
    batches : Batches
        As `sample_batches` gives them for this tick.

    Returns
    -------
    Tensor (columns,), float32
        Left on the device. If a value of an earlier move of D is not finite, the row
        has that move's values, so that one can see which went first.

    Gradient: each move reaches its own player only.
    """
    moves = fast if run.settings.fast else plain
    *of_D, of_G = (name for name in columns(run.settings) if name not in SCALING)
    rows = []
    for indices, z, mix in zip(batches.indices, batches.z, batches.mix, strict=False):
        seen = moves.move_D(run, run.images[indices], z, mix)
        rows.append(torch.stack([seen[name] for name in of_D]))
    seen = moves.move_G(run, run.images[batches.indices[-1]], batches.z[-1])
    row, *later = rows
    for new in later:
        row = torch.where(row.isfinite().all(), new, row)
    scaling = [x for each in run.scalers.values() for x in (each.skipped, each.scale)]
    return torch.cat([row, torch.stack([seen[of_G], *scaling])])


def tick(run: Run, *, turns: Turns = turns) -> Tensor:
    """Do one tick.

    Parameters
    ----------
    run : Run
        Changed in place.
    turns : callable
        Makes the moves; see `graphs.recorded_turns` for another.

    Returns
    -------
    Tensor (columns,), float32
        On the device: the host does not wait for it.

    Gradient: as that of `turns`; the average of G takes none.
    """
    row = turns(
        run, sample_batches(run.settings, len(run.images), run.tick, run.device)
    )
    run.average()
    run.tick += 1
    return row


@contextmanager
def cuda_precision(settings: Settings) -> Iterator[None]:
    """Let CUDA multiply as `precision` says, and restore what was set before.

    Half precision leaves the penalty and the weights in float32; those products then
    use tf32, where the GPU has it.

    Parameters
    ----------
    settings : Settings
        Of a run, so that its precision is not "auto".

    Raises
    ------
    ValueError
        The precision is "auto".
    """
    if settings.precision == "auto":
        raise ValueError(
            "precision is 'auto', which only a run's device decides: pass the settings "
            "of the run that `begin` gave"
        )
    cudnn: Any = torch.backends.cudnn
    matmul = torch.backends.cuda.matmul
    kept = [*_read(cudnn, matmul), (cudnn, "benchmark", cudnn.benchmark)]
    cudnn.benchmark = settings.fast
    try:
        if settings.precision != "torch":
            # By the older names, which set the newer ones too. The other way round, who
            # reads an older one is refused, as by get_float32_matmul_precision.
            tf32 = settings.precision != "fp32"
            _set([(part, "allow_tf32", tf32) for part in (cudnn, matmul)])
        yield
    finally:
        _set(kept)


def _read(cudnn: Any, matmul: Any) -> list[tuple[Any, str, Any]]:
    """How CUDA may use tf32: by the older names, then by the newer ones."""
    older = [(part, "allow_tf32") for part in (cudnn, matmul)]
    newer = [(part, "fp32_precision") for part in (cudnn.conv, cudnn.rnn, matmul)]
    found = [(part, name, _value(part, name)) for part, name in (*older, *newer)]
    return [each for each in found if each[2] is not None]


def _value(part: Any, name: str) -> bool | str | None:
    """None where a newer name was set to what the older one does not know."""
    try:
        return getattr(part, name)
    except RuntimeError:
        return None


def _set(values: list[tuple[Any, str, Any]]) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Please use the new API settings")
        for part, name, value in values:
            setattr(part, name, value)
