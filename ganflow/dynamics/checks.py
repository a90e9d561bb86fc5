"""What networks, data and seeds must be before they play."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ganflow.check import whole
from ganflow.dynamics.batches import Data
from ganflow.dynamics.functional import call


def check_one_kind(nets: dict[str, nn.Module]) -> None:
    """Refuse networks without weights, or with weights of several kinds.

    Parameters
    ----------
    nets : dict of nn.Module
        The networks by their names.

    Raises
    ------
    ValueError
        A network without weights, weights of several dtypes or devices.
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
    """Refuse seeds below 0 and sizes below 1.

    Parameters
    ----------
    seed : int or array (runs,)
        >= 0.
    **sizes : int
        >= 1, by their names.

    Raises
    ------
    ValueError
        Another number.
    """
    for own in np.ravel(seed).tolist():
        whole("seed", own, least=0)
    for name, size in sizes.items():
        whole(name, size, least=1)


def check_fit(G: nn.Module, D: nn.Module, data: Data, latent: int) -> None:
    """Send two points through: noise to G, its fakes and the data's points to D.

    Parameters
    ----------
    G : nn.Module
        Noise (n, latent) to points (n, d).
    D : nn.Module
        Points (n, d) to scores (n, 1).
    data : object with `sample(n, rng)`
        Points (n, d) for a numpy Generator.
    latent : int
        Numbers of z for one point.

    Raises
    ------
    TypeError
        Data that cannot sample.
    ValueError
        Shapes that do not fit.

    Gradient: none; torch's global random stream stays where it was.
    """
    if not callable(getattr(data, "sample", None)):
        raise TypeError(
            f"data is of type {type(data).__name__}; expected an object with "
            "sample(n, rng) that returns points (n, d) for a numpy Generator"
        )
    like = next(D.parameters())
    x_real = torch.tensor(np.asarray(data.sample(2, np.random.default_rng(0)))).to(like)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        x_fake = _through("G", G, like.new_zeros(2, latent), "noise of size `latent`")
        if x_fake.shape != x_real.shape or x_real.ndim != 2:
            raise ValueError(
                f"for 2 points G makes shape {tuple(x_fake.shape)} and data.sample "
                f"{tuple(x_real.shape)}; expected (2, d) of both"
            )
        score = _through("D", D, x_real, "points of the data")
    if score.shape != (2, 1):
        raise ValueError(
            f"D scores 2 points as shape {tuple(score.shape)}; expected (2, 1)"
        )


def _through(name: str, net: nn.Module, x: Tensor, what: str) -> Tensor:
    try:
        return call(net, tuple(net.parameters()), x)
    except RuntimeError as error:
        raise ValueError(
            f"{name} does not take {what}, shape {tuple(x.shape)}: {error}"
        ) from error
