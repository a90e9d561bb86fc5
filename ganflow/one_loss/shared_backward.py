"""Both players' gradients from one backward pass of D over each batch.

D gives one number for each sample, so what either player's loss sends back through D to
sample i is c_i * (derivative of score i by sample i), with a c_i of its own. D's
backward pass is done with D's; at the fakes each sample is multiplied by c_G / c_D, and
goes on to G.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ganflow.losses import AdversarialLoss, ScoreDerivatives, score_derivatives
from ganflow.one_loss.batch_mixing import check_samples_apart


@dataclass(frozen=True)
class OnePass:
    """What a step of `one_pass` saw.

    Parameters
    ----------
    loss_D : Tensor ()
        D's loss, cut from everything.
    loss_G : Tensor ()
        G's loss, cut from everything.
    redone : int
        Fakes that D's own backward pass could not serve, 0 for most losses.
    """

    loss_D: Tensor
    loss_G: Tensor
    redone: int


def one_pass(
    G: nn.Module,
    D: nn.Module,
    loss: AdversarialLoss,
    x_real: Tensor,
    z: Tensor,
    *,
    lam: float = 1.0,
    check: bool = True,
) -> OnePass:
    """Find both players' gradients of a simultaneous turn.

    A fake whose derivative D's loss leaves at zero (a hinge beyond its margin) says
    nothing of D's slope there. Those fakes alone go through D a second time, with the
    weights left out, and arrive at G's own derivative; no number is made up for them.
    A share of them costs that share of one forward and one backward pass of D.

    Parameters
    ----------
    G : nn.Module
        Noise to samples.
    D : nn.Module
        Samples to one score each.
    loss : AdversarialLoss
        A pair, such as LOSSES["hinge"].
    x_real : Tensor (n, *shape)
        Real samples.
    z : Tensor (m, ...)
        Noise for G.
    lam : float, default 1.0
        How much longer G's gradient is made.
    check : bool, default True
        Whether to try at this call, on four samples, that D does not mix them. Once is
        enough for as long as D's layers and modes stay.

    Returns
    -------
    OnePass

    Raises
    ------
    ValueError
        D mixes samples, as batch norm does; or gives a sample several scores.

    Gradient: added to `.grad` of G's and D's parameters, as two backward passes would;
    nothing is cleared, nothing is stepped. G may mix its samples. Fakes that go through
    D again meet the buffers of the first time, but dropout draws anew.
    Source: Shen et al. 2021 (arXiv 2103.00430), the adversarial instance gradient
    ratio; with the factor -1 it is reversal (arXiv 1505.07818).
    """
    x_fake = G(z)
    if check:
        check_samples_apart(D, torch.cat([x_real[:2], x_fake.detach()[:2]]))
    score_real = D(x_real)
    buffers = {name: held.clone() for name, held in D.named_buffers()}
    boundary = x_fake.detach().requires_grad_()
    score_fake = D(boundary)
    _check_one_score(score_real, x_real)
    _check_one_score(score_fake, x_fake)
    sent = score_derivatives(loss, score_real, score_fake)
    torch.autograd.backward([score_real, score_fake], [sent.D_real, sent.D_fake])
    ratio, missing = gradient_ratio(sent)
    slope = boundary.grad * _each(ratio, x_fake)
    if len(missing):
        slope[missing] = _slope(D, buffers, x_fake[missing], sent.G_fake[missing])
    x_fake.backward(lam * slope)
    return OnePass(sent.loss_D, sent.loss_G, len(missing))


class GradientRatio(NamedTuple):
    """What turns D's derivative at each fake into G's.

    Parameters
    ----------
    ratio : Tensor (m,)
        G's derivative over D's, for each fake; 0 where there is no such ratio.
    missing : Tensor (k,), int
        The numbers of the fakes that have none, though G has a derivative there.
    """

    ratio: Tensor
    missing: Tensor


def gradient_ratio(sent: ScoreDerivatives) -> GradientRatio:
    """G's derivative over D's for each fake, and the fakes that have no such ratio.

    Where D's is not zero but so small that products with it would run out of digits, D
    is asked again as well. Either way is exact; this only chooses the way.

    Parameters
    ----------
    sent : ScoreDerivatives
        What both losses send to the m fakes' scores.

    Returns
    -------
    GradientRatio

    Gradient: none; the derivatives come cut.
    Source: Shen et al. 2021 (arXiv 2103.00430), the adversarial instance gradient
    ratio.
    """
    for_D, for_G = sent.D_fake.flatten(), sent.G_fake.flatten()
    small = torch.finfo(for_D.dtype).tiny ** 0.5
    none = for_D.abs() <= small * for_G.abs()
    ratio = for_G / for_D.masked_fill(none, 1)
    missing = (none & (for_G != 0)).nonzero().flatten()
    return GradientRatio(ratio.masked_fill(none, 0), missing)


def _slope(
    D: nn.Module, buffers: dict[str, Tensor], x: Tensor, weights: Tensor
) -> Tensor:
    """The weighted derivative of D's scores by x, without a product for D's weights."""
    x = x.detach().requires_grad_()
    score = functional_call(D, buffers, (x,))
    (slope,) = torch.autograd.grad(score, x, weights)
    return slope


def _each(numbers: Tensor, x: Tensor) -> Tensor:
    """One number for each sample, shaped to multiply x."""
    return numbers.reshape(-1, *(1,) * (x.ndim - 1))


def _check_one_score(score: Tensor, x: Tensor) -> None:
    if score.numel() != len(x):
        raise ValueError(
            f"D gave scores of shape {tuple(score.shape)} for {len(x)} samples: one "
            "pass needs one score for each, so take the mean over the others in D"
        )
