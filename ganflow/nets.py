"""Small generators and critics, as the chapters train them. Taught in book/03 and 08.

Weights are drawn from the `generator` that you pass, in the order of the layers, so
that one seed gives one network. A size below 1, or pixels that are not offered, raise
ValueError.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn


def mlp_generator(
    latent: int = 2,
    width: int = 64,
    depth: int = 2,
    out: int = 2,
    *,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Make a generator of points: (batch, latent) -> (batch, out), ReLU between.

    Parameters
    ----------
    latent, width, out : sizes >= 1. depth : number of hidden layers, >= 1.
    generator : torch.Generator on the CPU; torch's global stream if there is none.

    Returns
    -------
    nn.Sequential, float32, with depth + 1 linear layers.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    """
    return _seeded(lambda: _mlp(latent, width, depth, out, nn.ReLU), generator)


def mlp_critic(
    inputs: int = 2,
    width: int = 64,
    depth: int = 2,
    *,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Make a critic of points: (batch, inputs) -> (batch, 1), leaky ReLU between.

    Parameters
    ----------
    inputs, width : sizes >= 1. depth : number of hidden layers, >= 1.
    generator : torch.Generator on the CPU; torch's global stream if there is none.

    Returns
    -------
    nn.Sequential, float32; its score is any real number, higher = more real.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    """
    return _seeded(lambda: _mlp(inputs, width, depth, 1, _leaky), generator)


def dcgan_generator(
    size: int = 64,
    latent: int = 100,
    width: int = 64,
    channels: int = 3,
    *,
    batch_norm: bool = True,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Make a generator of images: (batch, latent) -> (batch, channels, size, size).

    Parameters
    ----------
    size : 16, 32 or 64 pixels. latent, width, channels : sizes >= 1; the last hidden
        layer has `width` channels, each earlier one twice as many.
    batch_norm : after every layer but the last.
    generator : torch.Generator on the CPU; torch's global stream if there is none.

    Returns
    -------
    nn.Sequential, float32; pixels in [-1, 1] (tanh).

    Gradient: every parameter is made with requires_grad=True, as torch does. Batch norm
    in train mode also updates its running statistics at each call, without a gradient.
    Source: Radford et al. 2015 (arXiv 1511.06434), figure 1 and section 4 for the
    weights, normal with standard deviation 0.02.
    """
    _check(size, latent=latent, width=width, channels=channels)

    def build() -> nn.Sequential:
        wide = _widths(size, width)[::-1]
        layers = [nn.Unflatten(1, (latent, 1, 1))]
        layers += _up(latent, wide[0], batch_norm, kernel=4, stride=1, padding=0)
        for before, after in zip(wide, wide[1:], strict=False):
            layers += _up(before, after, batch_norm)
        layers += [nn.ConvTranspose2d(wide[-1], channels, 4, 2, 1), nn.Tanh()]
        return nn.Sequential(*layers)

    return _seeded(build, generator)


def dcgan_critic(
    size: int = 64,
    width: int = 64,
    channels: int = 3,
    *,
    batch_norm: bool = False,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Make a critic of images: (batch, channels, size, size) -> (batch, 1).

    Parameters
    ----------
    size : 16, 32 or 64 pixels. width, channels : sizes >= 1; the first hidden layer has
        `width` channels, each later one twice as many.
    batch_norm : between the first and the last layer. A gradient penalty speaks of one
        sample at a time, and batch norm mixes them: leave it off there.
    generator : torch.Generator on the CPU; torch's global stream if there is none.

    Returns
    -------
    nn.Sequential, float32; its score is any real number, higher = more real.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    Source: Radford et al. 2015 (arXiv 1511.06434), section 3 and section 4 for the
    weights; without batch norm, Gulrajani et al. 2017 (arXiv 1704.00028), section 4.
    """
    _check(size, width=width, channels=channels)

    def build() -> nn.Sequential:
        wide = _widths(size, width)
        layers = [nn.Conv2d(channels, wide[0], 4, 2, 1), _leaky()]
        for before, after in zip(wide, wide[1:], strict=False):
            layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=not batch_norm))
            layers += [nn.BatchNorm2d(after)] if batch_norm else []
            layers.append(_leaky())
        layers += [nn.Conv2d(wide[-1], 1, 4, 1, 0), nn.Flatten()]
        return nn.Sequential(*layers)

    return _seeded(build, generator)


def _widths(size: int, width: int) -> list[int]:
    """The channels at 32, 16, 8 and 4 pixels, as far as `size` needs them."""
    return [width * 2**k for k in range(size.bit_length() - 3)]


def _mlp(inputs: int, width: int, depth: int, out: int, act) -> nn.Sequential:
    _check(inputs=inputs, width=width, depth=depth)
    wide = [inputs] + [width] * depth
    layers = []
    for before, after in zip(wide, wide[1:], strict=False):
        layers += [nn.Linear(before, after), act()]
    return nn.Sequential(*layers, nn.Linear(width, out))


def _leaky() -> nn.LeakyReLU:
    return nn.LeakyReLU(0.2)


def _up(before: int, after: int, batch_norm: bool, kernel=4, stride=2, padding=1):
    """One doubling of the picture, with its norm and activation."""
    up = nn.ConvTranspose2d(before, after, kernel, stride, padding, bias=not batch_norm)
    return [up, nn.BatchNorm2d(after), nn.ReLU()] if batch_norm else [up, nn.ReLU()]


def _check(size: int | None = None, **counts: int) -> None:
    if size not in (None, 16, 32, 64):
        raise ValueError(f"size is {size} pixels; offered are 16, 32 and 64")
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; it must be 1 or more")


def _seeded(
    build: Callable[[], nn.Sequential], generator: torch.Generator | None
) -> nn.Sequential:
    """Build without drawing anything, then draw each weight from `generator`."""
    with torch.device("meta"):
        net = build()
    net = net.to_empty(device="cpu")
    with torch.no_grad():
        for layer in net:
            if isinstance(layer, nn.Linear):
                bound = layer.in_features**-0.5
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.uniform_(-bound, bound, generator=generator)
            elif isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                layer.weight.normal_(0, 0.02, generator=generator)
                if layer.bias is not None:
                    layer.bias.zero_()
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_parameters()
    return net
