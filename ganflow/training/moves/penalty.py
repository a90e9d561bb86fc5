"""The penalty of a critic move, with the slope that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganflow.losses import mix_samples, slopes
from ganflow.training.run import Run


@dataclass(frozen=True)
class Penalty:
    """A penalty, and the slope that it speaks of.

    Attributes
    ----------
    value : Tensor (), >= 0
        Before the strength.
    slope : Tensor (), >= 0
        The mean over the batch.
    """

    value: Tensor
    slope: Tensor


def penalty(
    run: Run, x_real: Tensor, x_fake: Tensor, mix: Tensor, *, form: str
) -> Penalty:
    """Find the penalty that the settings name; always in float32.

    Parameters
    ----------
    run : Run
        Whose penalty is not "none".
    x_real : Tensor (batch, channels, size, size)
    x_fake : Tensor (batch, channels, size, size)
    mix : Tensor (batch,), in [0, 1)
        The share of the real image in a point between.
    form : str
        How the derivative is taken, as in `losses.slopes`.

    Returns
    -------
    Penalty

    Gradient: value reaches D's weights; cut at both batches. slope carries none.
    Source: Gulrajani et al. 2017, eq. 3; Mescheder et al. 2018 for R1 and R2.
    """
    kind = run.settings.penalty
    if kind == "WGAN-GP":
        found = slopes(run.D, mix_samples(x_real, x_fake, mix=mix), form=form)
        value = (found - 1).square().mean()
    else:
        found = slopes(run.D, x_real if kind == "R1" else x_fake, form=form)
        value = found.square().mean() / 2
    return Penalty(value, found.detach().mean())
