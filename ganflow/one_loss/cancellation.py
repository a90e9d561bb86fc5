"""One number to minimise, whose gradient moves both players."""

from __future__ import annotations

from typing import Any

from ganflow.losses import AdversarialLoss

Scores = Any  # a torch or a TensorFlow tensor


def single_loss(
    loss: AdversarialLoss,
    score_real: Scores,
    score_fake: Scores,
    score_fake_cut: Scores,
    lam: float = 1.0,
) -> Scores:
    """D's loss, plus a term of value zero whose gradient moves G.

    The term is lam * (loss_G of D(x_fake) - loss_G of D(cut(x_fake))). Both halves have
    one value and one derivative by D's weights, so the value is zero and D's share
    cancels, as long as both calls of D are one function; only the first half leads to
    G. The loss need not be linear in the scores.

    Parameters
    ----------
    loss : AdversarialLoss
        A pair, such as LOSSES["hinge"]; for TensorFlow KERAS_LOSSES["hinge"].
    score_real : Tensor of any shape
        D's scores of the reals; of torch or of TensorFlow.
    score_fake : Tensor of any shape
        D's scores of x_fake.
    score_fake_cut : Tensor of the same shape
        D's scores of x_fake.detach().
    lam : float, default 1.0
        How much longer G's gradient is made. Under plain gradient descent that is a
        ratio of step sizes; under Adam and RMSProp it is not.

    Returns
    -------
    Tensor ()
        Its value is D's loss, whatever lam is, if both calls of D are one function.

    Raises
    ------
    ValueError
        The fakes' two scores differ in shape.

    Gradient: D's weights receive the derivative of D's loss, G's receive lam times the
    derivative of G's. Nothing is cut here: score_fake_cut must come from fakes that you
    cut yourself. D's share cancels only if both calls of D are one function: not with
    dropout, noise, or spectral norm in train mode. Where they are not, score x_fake by
    a D whose weights are detached (`torch.func.functional_call`): the sum of both
    losses then needs no term that cancels.
    Source: Su Jianlin 2019 (kexue.fm/archives/6387), for the hinge loss.
    """
    if score_fake.shape != score_fake_cut.shape:
        raise ValueError(
            f"score_fake {tuple(score_fake.shape)} and score_fake_cut "
            f"{tuple(score_fake_cut.shape)} must have one shape: they are D's scores "
            "of the same fakes, with their history and without it"
        )
    zero = loss.for_G(score_real, score_fake) - loss.for_G(score_real, score_fake_cut)
    return loss.D(score_real, score_fake_cut) + lam * zero
