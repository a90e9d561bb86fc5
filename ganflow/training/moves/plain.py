"""The loop as most public code writes it, line for line with algorithm 1.

The algorithm differentiates D's loss by D's weights alone; such code calls backward and
clears afterwards what it did not want. The updates are the same.
Source: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1.
"""

from __future__ import annotations

from torch import Tensor

from ganflow.training.moves.penalty import penalty
from ganflow.training.run import Run

Seen = dict[str, Tensor]


def move_D(run: Run, x_real: Tensor, z: Tensor, mix: Tensor) -> Seen:
    """Move D once.

    Parameters
    ----------
    run : Run
        Changed in place.
    x_real : Tensor (batch, channels, size, size)
    z : Tensor (batch, latent)
    mix : Tensor (batch,), in [0, 1)
        The share of the real image in a point between.

    Returns
    -------
    dict of str to Tensor ()
        loss_D, score_real and score_fake, before the move; with a penalty also penalty
        and slope. loss_D is without the penalty.

    Gradient: reaches D, and runs on into G's .grad, which G's next move clears: nothing
    is cut at x_fake, but for the penalty's points.
    """
    x_fake = run.make(z)
    score_real, score_fake = run.score(x_real), run.score(x_fake)
    loss = run.loss.D(score_real, score_fake)
    seen = {"loss_D": loss, "score_real": score_real, "score_fake": score_fake}
    if run.settings.penalty != "none":
        found = penalty(run, x_real, x_fake, mix, form="eager")
        seen |= {"penalty": found.value, "slope": found.slope}
        loss = loss + run.settings.strength * found.value
    run.step("D", loss)
    return {name: value.detach().mean() for name, value in seen.items()}


def move_G(run: Run, x_real: Tensor, z: Tensor) -> Seen:
    """Move G once.

    Parameters
    ----------
    run : Run
        Changed in place.
    x_real : Tensor (batch, channels, size, size)
        Read by relativistic losses only.
    z : Tensor (batch, latent)

    Returns
    -------
    dict of str to Tensor ()
        loss_G, before the move.

    Gradient: reaches G through D, and fills D's .grad too, which D's next move clears.
    """
    score_fake = run.score(run.make(z))
    score_real = run.score(x_real) if run.loss.G_reads_real else score_fake
    loss = run.loss.for_G(score_real, score_fake)
    run.step("G", loss)
    return {"loss_G": loss.detach()}
