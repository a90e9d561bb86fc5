"""What keeps a critic's slope in bounds: penalties, minimised by D beside its loss.

A slope is the norm of the score's derivative by one sample, over all its dimensions.
Taught in book/05 and 07.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Critic = Callable[[Tensor], Tensor]


def slopes(
    critic: Critic, x: Tensor, *, dims: int | None = None, cut: bool = True
) -> Tensor:
    """The critic's slope at each sample, itself differentiable by the weights.

    Parameters
    ----------
    critic : callable, samples in, one score each out; samples must not mix
    x : Tensor (batch, *shape), float
    dims : how many of x's last dimensions are one sample; all but the first if None
    cut : whether the points are a new leaf

    Returns
    -------
    Tensor (batch,), >= 0, score per unit of distance

    Raises
    ------
    ValueError : x has one dimension only, so that no sample can be told from a batch.

    Gradient: reaches the critic's weights (a second derivative), as 0 where a slope is
    0. Cut at x unless cut=False, so that nothing that made the points learns from this.
    """
    return _derivatives(critic, x, dims, cut).norm(dim=-1)


def squared_slopes(
    critic: Critic, x: Tensor, *, dims: int | None = None, cut: bool = True
) -> Tensor:
    """The square of each slope; smooth also where a slope is 0, as no norm is.

    Parameters, Returns, Raises, Gradient: as `slopes`, squared.
    """
    return _derivatives(critic, x, dims, cut).square().sum(dim=-1)


def gradient_penalty(
    critic: Critic,
    x_real: Tensor,
    x_fake: Tensor,
    *,
    center: float = 1.0,
    rng: torch.Generator | None = None,
) -> Tensor:
    """Mean squared distance of the slope from `center`, between real and fake.

    Parameters
    ----------
    critic : callable, (batch, *shape) -> (batch,) or (batch, 1), higher = more real
    x_real, x_fake : Tensor (batch, *shape), float
    center : score per unit of distance between samples; 1 in the paper
    rng : torch.Generator on the CPU for the mixing weights, uniform on [0, 1], one for
        each sample; torch's global stream if there is none

    Returns
    -------
    Tensor (), >= 0, not yet multiplied by lambda

    Raises
    ------
    ValueError : the two batches differ in shape.

    Gradient: reaches the critic's weights. Cut at x_real and x_fake.
    Source: Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3.
    """
    if x_real.shape != x_fake.shape:
        raise ValueError(
            f"x_real {tuple(x_real.shape)} and x_fake {tuple(x_fake.shape)} must have "
            "one shape: one point is mixed from one of each"
        )
    mix = torch.rand(len(x_real), *(1,) * (x_real.ndim - 1), generator=rng)
    between = torch.lerp(x_fake.detach(), x_real.detach(), mix.to(x_real))
    return (slopes(critic, between) - center).square().mean()


def slope_penalty(critic: Critic, x: Tensor, *, center: float = 0.0) -> Tensor:
    """Mean squared distance of the slope at `x` from `center`.

    With center 0 it is R1 at real samples and R2 at fakes, before gamma / 2.

    Parameters
    ----------
    critic, center : as in gradient_penalty. x : Tensor (batch, *shape), float

    Returns
    -------
    Tensor (), >= 0

    Gradient: reaches the critic's weights. Cut at x.
    Source: Mescheder et al. 2018 (arXiv 1801.04406), the regularizers R1 and R2.
    """
    if center == 0:
        return squared_slopes(critic, x).mean()
    return (slopes(critic, x) - center).square().mean()


def _derivatives(critic: Critic, x: Tensor, dims: int | None, cut: bool) -> Tensor:
    """The score's derivative by each sample, as one row (..., numbers of a sample)."""
    if x.ndim < 2:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; samples are (batch, *shape): "
            "for samples of one number pass x[:, None]"
        )
    if cut or not x.requires_grad:
        x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return slope.flatten(-(dims or x.ndim - 1))
