"""What keeps a critic's slope in bounds: penalties, minimised by D beside its loss."""

from __future__ import annotations

import torch
from torch import Tensor

from ganflow.losses.input_slopes import Critic, slopes, squared_slopes


def gradient_penalty(
    critic: Critic,
    x_real: Tensor,
    x_fake: Tensor,
    *,
    center: float = 1.0,
    rng: torch.Generator | None = None,
    mix: Tensor | None = None,
    form: str = "eager",
) -> Tensor:
    """Mean squared distance of the slope from `center`, between real and fake.

    Parameters
    ----------
    critic : callable, (batch, *shape) -> (batch,) or (batch, 1)
        Higher = more real. A score, not a probability.
    x_real : Tensor (batch, *shape), float
        Real samples.
    x_fake : Tensor (batch, *shape), float
        As many fakes; one point is mixed from each and its real sample.
    center : float, default 1.0
        Score per unit of distance between samples; 1 in the paper.
    rng : torch.Generator, optional
        Draws the mixing weights, as for `mix_samples`.
    mix : Tensor of `batch` numbers, optional
        The mixing weights, in place of drawing them.
    form : str, default "eager"
        How the derivative is taken, as for `slopes`.

    Returns
    -------
    Tensor ()
        >= 0, not yet multiplied by lambda; float32 for half precision.

    Raises
    ------
    ValueError
        As `mix_samples` and `slopes`.

    Gradient: reaches the critic's weights. Cut at x_real and x_fake.
    Source: Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3.
    """
    between = mix_samples(x_real, x_fake, rng=rng, mix=mix)
    return (slopes(critic, between, form=form) - center).square().mean()


def slope_penalty(
    critic: Critic, x: Tensor, *, center: float = 0.0, form: str = "eager"
) -> Tensor:
    """Mean squared distance of the slope at `x` from `center`.

    With center 0 it is R1 at real samples and R2 at fakes, before gamma / 2.

    Parameters
    ----------
    critic : callable, (batch, *shape) -> (batch,) or (batch, 1)
        Higher = more real. A score, not a probability.
    x : Tensor (batch, *shape), float
        The samples.
    center : float, default 0.0
        Score per unit of distance between samples.
    form : str, default "eager"
        How the derivative is taken, as for `slopes`.

    Returns
    -------
    Tensor ()
        >= 0, not yet multiplied by its strength; float32 for half precision.

    Raises
    ------
    ValueError
        As `slopes`.

    Gradient: reaches the critic's weights. Cut at x.
    Source: Mescheder et al. 2018 (arXiv 1801.04406), the regularizers R1 and R2.
    """
    if center == 0:
        return squared_slopes(critic, x, form=form).mean()
    return (slopes(critic, x, form=form) - center).square().mean()


def mix_samples(
    x_real: Tensor,
    x_fake: Tensor,
    *,
    rng: torch.Generator | None = None,
    mix: Tensor | None = None,
) -> Tensor:
    """One point on the line from each fake to its real sample.

    Parameters
    ----------
    x_real : Tensor (batch, *shape), float
        Real samples.
    x_fake : Tensor (batch, *shape), float
        As many fakes, on the same device.
    rng : torch.Generator, optional
        Draws the weights of the real samples, uniform on [0, 1), one for each sample;
        it may be on any device. Without it, the global stream of x_real's device does.
    mix : Tensor of `batch` numbers on x_real's device, optional
        The weights, in place of drawing them, so that a loop on a GPU waits for no
        copy.

    Returns
    -------
    Tensor (batch, *shape), of x_real's dtype

    Raises
    ------
    ValueError
        The two batches differ in shape, or mix is not one weight a sample, or both rng
        and mix are given.

    Gradient: cut at x_real and x_fake; mix keeps its own, if it has one.
    Source: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1.
    """
    if x_real.shape != x_fake.shape:
        raise ValueError(
            f"x_real {tuple(x_real.shape)} and x_fake {tuple(x_fake.shape)} must have "
            "one shape: one point is mixed from one of each"
        )
    if mix is None:
        device = rng.device if rng else x_real.device
        mix = torch.rand(len(x_real), generator=rng, device=device).to(x_real.device)
    elif rng is not None:
        raise ValueError("mix holds the weights that rng would draw: pass one of them")
    elif mix.numel() != len(x_real):
        raise ValueError(
            f"mix has shape {tuple(mix.shape)}; one weight for each of the "
            f"{len(x_real)} samples is needed"
        )
    mix = mix.to(x_real.dtype).reshape(-1, *(1,) * (x_real.ndim - 1))
    return torch.lerp(x_fake.detach().to(x_real.dtype), x_real.detach(), mix)
