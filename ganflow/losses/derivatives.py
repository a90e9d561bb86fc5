"""How a pair of losses changes with each score: all that a critic's backward needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganflow.losses.adversarial import AdversarialLoss


@dataclass(frozen=True)
class ScoreDerivatives:
    """Both losses, and their derivative by each sample's score.

    loss_D, loss_G : Tensor ()
    D_real, D_fake : D's loss by the scores of the two batches, shaped as they are
    G_fake : G's loss by the scores of the fakes
    """

    loss_D: Tensor
    loss_G: Tensor
    D_real: Tensor
    D_fake: Tensor
    G_fake: Tensor


def score_derivatives(
    loss: AdversarialLoss, score_real: Tensor, score_fake: Tensor
) -> ScoreDerivatives:
    """Differentiate both losses by the scores, whatever the losses are.

    Parameters
    ----------
    loss : a pair, such as EVERY_LOSS["hinge"]
    score_real, score_fake : Tensor of any shape

    Returns
    -------
    ScoreDerivatives, cut from everything

    Gradient: computed by autograd on copies of the scores; none goes on to what made
    them, and no `.grad` changes. Taught in book/06.
    """
    with torch.enable_grad():
        real = score_real.detach().requires_grad_()
        fake = score_fake.detach().requires_grad_()
        loss_D, loss_G = loss.D(real, fake), loss.for_G(real, fake)
        D_real, D_fake = torch.autograd.grad(loss_D, (real, fake))
        (G_fake,) = torch.autograd.grad(loss_G, fake)
    return ScoreDerivatives(loss_D.detach(), loss_G.detach(), D_real, D_fake, G_fake)
