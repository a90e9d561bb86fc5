"""Small generators and critics, as the chapters train them, and how to freeze one.

Weights are drawn from the `generator` that you pass, in the order of the layers, so
that one seed gives one network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn

from ganflow.check import one_of, whole

SIZES = (16, 32, 64)  # pixels of an image's side


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
    latent : int, default 2
        >= 1, numbers of z for one point.
    width : int, default 64
        >= 1, of the hidden layers.
    depth : int, default 2
        >= 1, hidden layers.
    out : int, default 2
        >= 1, coordinates of a point.
    generator : torch.Generator, optional
        On the CPU; torch's global stream if left out.

    Returns
    -------
    nn.Sequential, float32
        With depth + 1 linear layers.

    Raises
    ------
    ValueError
        A size below 1.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    """
    _check(latent=latent, width=width, depth=depth, out=out)
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
    inputs : int, default 2
        >= 1, coordinates of a point.
    width : int, default 64
        >= 1, of the hidden layers.
    depth : int, default 2
        >= 1, hidden layers.
    generator : torch.Generator, optional
        On the CPU; torch's global stream if left out.

    Returns
    -------
    nn.Sequential, float32
        Its score is any real number, higher = more real.

    Raises
    ------
    ValueError
        A size below 1.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    """
    _check(inputs=inputs, width=width, depth=depth)
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
    size : int, default 64
        16, 32 or 64 pixels.
    latent : int, default 100
        >= 1, numbers of z for one image.
    width : int, default 64
        >= 1, channels of the last hidden layer; each earlier one has twice as many.
    channels : int, default 3
        >= 1, of the image.
    batch_norm : bool, default True
        Whether one follows every layer but the last.
    generator : torch.Generator, optional
        On the CPU; torch's global stream if left out.

    Returns
    -------
    nn.Sequential, float32
        Pixels in [-1, 1] (tanh).

    Raises
    ------
    ValueError
        A size below 1, or pixels of another number.

    Gradient: every parameter is made with requires_grad=True, as torch does. Batch norm
    in train mode also updates its running statistics at each call, without a gradient.
    Source: Radford et al. 2015 (arXiv 1511.06434), figure 1 and section 4 for the
    weights, normal with standard deviation 0.02.
    """
    one_of("size", size, SIZES)
    _check(latent=latent, width=width, channels=channels)

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
    size : int, default 64
        16, 32 or 64 pixels.
    width : int, default 64
        >= 1, channels of the first hidden layer; each later one has twice as many.
    channels : int, default 3
        >= 1, of the image.
    batch_norm : bool, default False
        Whether one follows each layer between the first and the last. A gradient
        penalty speaks of one sample at a time, and batch norm mixes them: leave it off
        there.
    generator : torch.Generator, optional
        On the CPU; torch's global stream if left out.

    Returns
    -------
    nn.Sequential, float32
        Its score is any real number, higher = more real.

    Raises
    ------
    ValueError
        A size below 1, or pixels of another number.

    Gradient: every parameter is made with requires_grad=True, as torch does.
    Source: Radford et al. 2015 (arXiv 1511.06434), section 3 and section 4 for the
    weights; without batch norm, Gulrajani et al. 2017 (arXiv 1704.00028), section 4.
    """
    one_of("size", size, SIZES)
    _check(width=width, channels=channels)

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


@contextmanager
def frozen(net: nn.Module, freeze: bool = True) -> Iterator[nn.Module]:
    """Freeze a network for a block; then each weight learns or not, as before.

    Freeze before the forward pass: what that recorded is not taken back.

    Parameters
    ----------
    net : Module
        Most often D, in G's turn.
    freeze : bool, default True
        False leaves the network as it is, for a loop that compares both.

    Yields
    ------
    Module
        The network itself.

    Notes
    -----
    Gradient: passes through the network, to what it reads; none of its weights gets
    one. After an error, too, each of them has the `requires_grad` that it had: one that
    was frozen before the block stays frozen.
    """
    before = [(weight, weight.requires_grad) for weight in net.parameters()]
    if freeze:
        net.requires_grad_(False)
    try:
        yield net
    finally:
        for weight, learns in before:
            weight.requires_grad_(learns)


def _widths(size: int, width: int) -> list[int]:
    """The channels at 32, 16, 8 and 4 pixels, as far as `size` needs them."""
    return [width * 2**k for k in range(size.bit_length() - 3)]


def _mlp(
    inputs: int, width: int, depth: int, out: int, act: Callable[[], nn.Module]
) -> nn.Sequential:
    wide = [inputs] + [width] * depth
    layers = []
    for before, after in zip(wide, wide[1:], strict=False):
        layers += [nn.Linear(before, after), act()]
    return nn.Sequential(*layers, nn.Linear(width, out))


def _leaky() -> nn.LeakyReLU:
    return nn.LeakyReLU(0.2)


def _up(
    before: int, after: int, batch_norm: bool, kernel=4, stride=2, padding=1
) -> list[nn.Module]:
    """One doubling of the picture, with its norm and activation."""
    up = nn.ConvTranspose2d(before, after, kernel, stride, padding, bias=not batch_norm)
    return [up, nn.BatchNorm2d(after), nn.ReLU()] if batch_norm else [up, nn.ReLU()]


def _check(**counts: int) -> None:
    for name, value in counts.items():
        whole(name, value, least=1)


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
