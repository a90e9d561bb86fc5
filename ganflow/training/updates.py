"""One tick: D moves `critic_steps` times, then G once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ganflow.training.moves import fast, plain
from ganflow.training.run import Run
from ganflow.training.sampling import Batches, sample_batches
from ganflow.training.settings import Settings

Turns = Callable[[Run, Batches], Tensor]


def columns(settings: Settings) -> tuple[str, ...]:
    """Say what a row of a tick holds: losses, mean scores and the penalty, if any.

    All are of the last move of each player, before it moved. loss_D is without the
    penalty, and penalty is before its strength.
    """
    with_penalty = ("penalty", "slope") if settings.penalty != "none" else ()
    return ("loss_D", "score_real", "score_fake", *with_penalty, "loss_G")


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
    *of_D, of_G = columns(run.settings)
    rows = []
    for indices, z, mix in zip(batches.indices, batches.z, batches.mix, strict=False):
        seen = moves.move_D(run, run.images[indices], z, mix)
        rows.append(torch.stack([seen[name] for name in of_D]))
    seen = moves.move_G(run, run.images[batches.indices[-1]], batches.z[-1])
    row, *later = rows
    for new in later:
        row = torch.where(row.isfinite().all(), new, row)
    return torch.cat([row, seen[of_G][None]])


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
def multiplying(settings: Settings) -> Iterator[None]:
    """Let CUDA multiply as `precision` says, and restore what was set before.

    bf16 leaves the penalty and the weights in float32; those products then use tf32.
    """
    kept = [(where, name, getattr(where, name)) for where, name in _switches()]
    kept.append((torch.backends.cudnn, "benchmark", torch.backends.cudnn.benchmark))
    exact = settings.precision == "fp32"
    torch.backends.cudnn.benchmark = settings.fast
    for where, name in _switches():
        words = ("tf32", "ieee") if name == "fp32_precision" else (True, False)
        setattr(where, name, words[exact])
    try:
        yield
    finally:
        for where, name, value in kept:
            setattr(where, name, value)


def _switches() -> list[tuple[object, str]]:
    """Where torch keeps whether CUDA may use tf32; it was renamed in 2.9."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    if hasattr(cudnn, "conv"):
        return [(part, "fp32_precision") for part in (cudnn.conv, cudnn.rnn, matmul)]
    return [(part, "allow_tf32") for part in (cudnn, matmul)]
