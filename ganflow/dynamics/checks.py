"""What networks, data and seeds must be before they play."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ganflow.dynamics.functional import call


def check_one_kind(nets: dict[str, nn.Module]) -> None:
    """Weights, all of one dtype and on one device.

    Raises
    ------
    ValueError : a network without weights, weights of several dtypes or devices.
    """
    weights = {name: list(net.parameters()) for name, net in nets.items()}
    for name, own in weights.items():
        if not own:
            raise ValueError(f"{name} has no parameters, so it has nothing to move")
    kinds = {(p.device, p.dtype) for own in weights.values() for p in own}
    if len(kinds) > 1:
        found = ", ".join(sorted(f"{dtype} on {device}" for device, dtype in kinds))
        raise ValueError(
            f"G and D must have one dtype and be on one device, got {found}: "
            "move both with .to(...)"
        )


def check_numbers(seed: int | np.ndarray, **sizes: int) -> None:
    """Seeds are whole numbers >= 0, sizes whole numbers >= 1.

    Raises
    ------
    ValueError : another number.
    """
    seeds = np.asarray(seed)
    if seeds.dtype.kind not in "iu" or (seeds < 0).any():
        raise ValueError(f"a seed is a whole number of 0 or more, got {seed!r}")
    for name, size in sizes.items():
        if not isinstance(size, int | np.integer) or size < 1:
            raise ValueError(f"{name} is a whole number of 1 or more, got {size!r}")


def check_fit(G: nn.Module, D: nn.Module, data: object, latent: int) -> None:
    """Two points go through: noise to G, its fakes and the data's points to D.

    Raises
    ------
    TypeError : data cannot sample. ValueError : shapes that do not fit.

    Gradient: none; torch's global random stream stays where it was.
    """
    if not callable(getattr(data, "sample", None)):
        raise TypeError(
            f"data is {type(data).__name__}; it needs sample(n, rng), which returns "
            "points (n, d) for a numpy Generator"
        )
    like = next(D.parameters())
    x_real = torch.tensor(np.asarray(data.sample(2, np.random.default_rng(0)))).to(like)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        x_fake = _through("G", G, like.new_zeros(2, latent), "noise of size `latent`")
        if x_fake.shape != x_real.shape or x_real.ndim != 2:
            raise ValueError(
                f"for 2 points G makes shape {tuple(x_fake.shape)} and data.sample "
                f"{tuple(x_real.shape)}; both must be (2, d)"
            )
        score = _through("D", D, x_real, "points of the data")
    if score.shape != (2, 1):
        raise ValueError(
            f"D scores 2 points as shape {tuple(score.shape)}; it must be (2, 1)"
        )


def _through(name: str, net: nn.Module, x: Tensor, what: str) -> Tensor:
    try:
        return call(net, tuple(net.parameters()), x)
    except RuntimeError as error:
        raise ValueError(
            f"{name} does not take {what}, shape {tuple(x.shape)}: {error}"
        ) from error
