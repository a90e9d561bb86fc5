"""Least squares: scores are pulled to 1 for real and to 0 for fake.

The target of a real score is 1, so a score above it costs too: a critic trained by this
is not asked for more than that. Taught in book/06.
"""

from __future__ import annotations

from torch import Tensor


def least_squares_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """Half the mean squared distance of reals from 1, and of fakes from 0.

    Parameters
    ----------
    score_real, score_fake : Tensor of any shape, the critic's scores of the two batches

    Returns
    -------
    Tensor (), >= 0; 1/4 where D cannot tell and scores 1/2.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    It is zero for a fake that scores exactly 0.
    Source: Mao et al. 2017 (arXiv 1611.04076), with a = 0 and b = 1.
    """
    return ((score_real - 1).square().mean() + score_fake.square().mean()) / 2


def least_squares_loss_G(score_fake: Tensor) -> Tensor:
    """Half the mean squared distance of fakes from 1, the score of a real.

    Parameters
    ----------
    score_fake : Tensor of any shape

    Returns
    -------
    Tensor (), >= 0

    Gradient: d/d score = (score - 1) / n for each sample; cuts nothing.
    Source: Mao et al. 2017 (arXiv 1611.04076), with c = 1.
    """
    return (score_fake - 1).square().mean() / 2
