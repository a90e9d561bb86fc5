"""The slope of a critic at each sample: the norm of its score's derivative by it.

Over all of a sample's dimensions, and itself differentiable by the critic's weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from ganflow.check import one_of
from ganflow.losses.piecewise_linear import cannot_spare, spare

Critic = Callable[[Tensor], Tensor]
SLOPE_FORMS = ("eager", "functional", "spared", "auto")


def slopes(
    critic: Critic,
    x: Tensor,
    *,
    dims: int | None = None,
    cut: bool = True,
    form: str = "eager",
) -> Tensor:
    """The critic's slope at each sample, itself differentiable by the weights.

    Parameters
    ----------
    critic : callable
        Samples in, one score each out; it must not mix the samples.
    x : Tensor (batch, *shape), float
        The samples.
    dims : int, optional
        How many of x's last dimensions are one sample; all but the first if left out.
    cut : bool, default True
        Whether the points are a new leaf.
    form : str, default "eager"
        How the derivative is taken; the answer is the same.

        - "eager": by `torch.autograd.grad`; any critic.
        - "functional": by `torch.func.grad`; any critic, and torch.compile accepts it.
        - "spared": as eager, without the backward pass of zeros; see `spare`.
        - "auto": spared where that is proven to be safe, else eager.

    Returns
    -------
    Tensor (batch,)
        >= 0, score per unit of distance; float32 if x is of half precision.

    Raises
    ------
    ValueError
        x has one dimension only, so that no sample can be told from a batch; a form of
        another name; form="spared" for a critic that `spare` refuses.

    Gradient: reaches the critic's weights (a second derivative), as 0 where a slope is
    0. Cut at x unless cut=False, so that nothing that made the points learns from this.
    """
    return _derivatives(critic, x, dims, cut, form).norm(dim=-1)


def squared_slopes(
    critic: Critic,
    x: Tensor,
    *,
    dims: int | None = None,
    cut: bool = True,
    form: str = "eager",
) -> Tensor:
    """The square of each slope; smooth also where a slope is 0, as no norm is.

    Parameters
    ----------
    critic : callable
        Samples in, one score each out; it must not mix the samples.
    x : Tensor (batch, *shape), float
        The samples.
    dims : int, optional
        How many of x's last dimensions are one sample; all but the first if left out.
    cut : bool
        Whether the points are a new leaf.
    form : str
        As for `slopes`.

    Returns
    -------
    Tensor (batch,)
        >= 0, (score per unit of distance) squared; float32 if x is of half precision.

    Raises
    ------
    ValueError
        As `slopes`.

    Gradient: reaches the critic's weights (a second derivative). Cut at x unless
    cut=False.
    """
    return _derivatives(critic, x, dims, cut, form).square().sum(dim=-1)


def _derivatives(
    critic: Critic, x: Tensor, dims: int | None, cut: bool, form: str
) -> Tensor:
    """The score's derivative by each sample, as one row (..., numbers of a sample)."""
    if x.ndim < 2:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; samples are (batch, *shape): "
            "for samples of one number pass x[:, None]"
        )
    one_of("form", form, SLOPE_FORMS)
    if form == "spared" or form == "auto" and not cannot_spare(critic):
        critic = spare(cast(nn.Module, critic))  # it refuses what is no module
    x = x.detach() if cut else x
    if form == "functional":
        slope = torch.func.grad(lambda x: critic(x).sum())(x)
    else:
        x = x if x.requires_grad else x.detach().requires_grad_()
        (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    # In half precision the square of a small number is 0, and of a large one infinite.
    slope = slope.to(torch.promote_types(slope.dtype, torch.float32))
    return slope.flatten(-(dims or x.ndim - 1))
