"""How a pair of losses changes with each score: all that a critic's backward needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ganflow.losses.adversarial import AdversarialLoss


@dataclass(frozen=True)
class ScoreDerivatives:
    """Both losses, and their derivative by each sample's score.

    Parameters
    ----------
    loss_D : Tensor ()
        D's loss.
    loss_G : Tensor ()
        G's loss.
    D_real : Tensor, shaped as the scores of the reals
        D's loss by the score of each real.
    D_fake : Tensor, shaped as the scores of the fakes
        D's loss by the score of each fake.
    G_fake : Tensor, shaped as the scores of the fakes
        G's loss by the score of each fake.
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
    loss : AdversarialLoss
        A pair, such as LOSSES["hinge"].
    score_real : Tensor of any shape
        The critic's scores of the reals.
    score_fake : Tensor of any shape
        The critic's scores of the fakes.

    Returns
    -------
    ScoreDerivatives
        Cut from everything.

    Gradient: computed by autograd on copies of the scores; none goes on to what made
    them, and no `.grad` changes.
    """
    with torch.enable_grad():
        real = score_real.detach().requires_grad_()
        fake = score_fake.detach().requires_grad_()
        loss_D, loss_G = loss.D(real, fake), loss.for_G(real, fake)
        D_real, D_fake = torch.autograd.grad(loss_D, (real, fake))
        (G_fake,) = torch.autograd.grad(loss_G, fake)
    return ScoreDerivatives(loss_D.detach(), loss_G.detach(), D_real, D_fake, G_fake)
