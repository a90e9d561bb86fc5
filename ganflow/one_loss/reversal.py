"""A joint between G and D that changes nothing forward and turns the gradient."""

from __future__ import annotations

import torch
from torch import Tensor


class ReverseGradient(torch.autograd.Function):
    """The operation of `reverse_gradient`; a drawn trace shows it by this name."""

    @staticmethod
    def forward(ctx, x: Tensor, lam: float) -> Tensor:
        ctx.lam = lam
        return x.view_as(x)

    @staticmethod
    def backward(ctx, *slopes: Tensor) -> tuple[Tensor, None]:
        return -ctx.lam * slopes[0], None


def reverse_gradient(x: Tensor, lam: float = 1.0) -> Tensor:
    """Hand x on as it is, so that G climbs where D descends.

    Parameters
    ----------
    x : Tensor of any shape
        The fakes on their way to D.
    lam : float, default 1.0
        How much longer G's gradient is made.

    Returns
    -------
    Tensor like x

    Gradient: times -lam. One loss_D.backward() then serves both players where G's loss
    is the negative of D's (Wasserstein, saturating); for other losses `one_pass` has
    the factor of each sample.
    Source: Ganin and Lempitsky 2015 (arXiv 1409.7495); Ganin et al. 2016
    (arXiv 1505.07818).
    """
    return ReverseGradient.apply(x, lam)
