"""Relativistic: only the lead of a real over the fake beside it counts.

Both players read both batches, sample by sample. Taught in book/06.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import softplus


def relativistic_loss_D(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """-mean log sigmoid(score_real - score_fake): the real is to score more.

    Parameters
    ----------
    score_real, score_fake : Tensor of one shape; the k-th real is paired with the k-th
        fake

    Returns
    -------
    Tensor (), > 0; log 2 where D cannot tell.

    Raises
    ------
    ValueError : the two batches differ in shape.

    Gradient: reaches whatever the scores depend on; cut the fakes yourself (`detach`).
    Source: Jolicoeur-Martineau 2018 (arXiv 1807.00734), L_D of RSGAN.
    """
    return softplus(-_lead(score_real, score_fake)).mean()


def relativistic_loss_G(score_real: Tensor, score_fake: Tensor) -> Tensor:
    """-mean log sigmoid(score_fake - score_real): the fake is to score more.

    Parameters, Returns, Raises: as `relativistic_loss_D`.

    Gradient: d/d score of a fake = -sigmoid(score_real - score_fake) / n; reaches what
    the reals' scores depend on as well, with the opposite sign.
    Source: Jolicoeur-Martineau 2018 (arXiv 1807.00734), L_G of RSGAN.
    """
    return softplus(_lead(score_real, score_fake)).mean()


def _lead(score_real: Tensor, score_fake: Tensor) -> Tensor:
    if score_real.shape != score_fake.shape:
        raise ValueError(
            f"score_real {tuple(score_real.shape)} and score_fake "
            f"{tuple(score_fake.shape)} must have one shape: each real is compared "
            "with one fake"
        )
    return score_real - score_fake
