"""Spare a piecewise-linear critic the backward pass of zeros.

Between its kinks a leaky ReLU is straight: its slope is 1 or 0.2 and does not change as
the activations do. So a slope penalty's derivative by the activations is exactly zero.
Double backward computes it all the same, layer by layer, back to the points. Written
as x * mask with a mask that needs no gradient, the activation has nothing to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

# Exact types: a subclass may do anything.
STRAIGHT = frozenset(
    {nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d}
    | {nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d}
    | {nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d}
    | {nn.Identity, nn.Flatten, nn.Unflatten}
)
KINKED = frozenset({nn.ReLU, nn.LeakyReLU})
_WAYS = ("forward_pre", "forward", "backward_pre", "backward")
HOOKS = tuple(f"_{way}_hooks" for way in _WAYS)


def spare(critic: nn.Module) -> Callable[[Tensor], Tensor]:
    """The same critic, its kinks written so that no zeros are sent back through them.

    Parameters
    ----------
    critic : nn.Module, samples in, scores out
        A Sequential, or Sequentials in it, of the exact types in STRAIGHT and KINKED,
        without hooks. It stays as it is; its layers are called, so its weights are
        shared. They are looked at now: call `spare` again if it gets other layers.

    Returns
    -------
    callable, samples in, the critic's scores out
        Any form of the slopes takes it, so form="functional" of it is spared and
        compiles.

    Raises
    ------
    ValueError
        `cannot_spare` has a reason.

    Gradient: scores and their first derivatives are the critic's. So are the second
    derivatives of the slopes by the weights, and by the biases: zero before the last
    kink, None after it. Points that are not cut receive None where the critic itself
    would send zeros.
    """
    if reason := cannot_spare(critic):
        raise ValueError(
            f'{reason}; take form="eager", which asks nothing of a critic, or "auto"'
        )
    layers = list(_layers(critic))
    kinks = [place for place, layer in enumerate(layers) if type(layer) in KINKED]
    before = layers[: kinks[-1]] if kinks else []

    def scores(x: Tensor) -> Tensor:
        for layer in layers:
            x = _bend(layer, x) if type(layer) in KINKED else layer(x)
        return x * (1 + _nothing_of(before))

    return scores


def cannot_spare(critic: Callable[[Tensor], Tensor]) -> str | None:
    """Why `spare` refuses this critic, in words; None if it is proven to be safe.

    Parameters
    ----------
    critic : callable
        Only modules can be looked into.

    Returns
    -------
    str or None
        The reason, to be read in an error.

    Gradient: none is touched, and nothing is called.
    """
    if not isinstance(critic, nn.Module):
        return "the critic is a function and does not show its layers"
    for module in critic.modules():
        name = type(module).__name__
        if type(module) not in STRAIGHT | KINKED | {nn.Sequential}:
            return f"the critic has a {name}, which is not known as piecewise linear"
        if any(getattr(module, hooks) for hooks in HOOKS) or "forward" in vars(module):
            return f"a {name} of the critic has a hook, which may do anything"
    return None


def _layers(net: nn.Module) -> Iterator[nn.Module]:
    """The layers in the order of their calls; one used twice comes twice."""
    if type(net) is nn.Sequential:
        for part in net:
            yield from _layers(part)
    else:
        yield net


def _bend(kink: nn.Module, x: Tensor) -> Tensor:
    """The activation as x times the slope on its side, in one call.

    torch's own backward of the activation is that product, so at 0 and beyond all
    numbers it agrees with the activation.
    """
    side = x.detach()
    if type(kink) is nn.ReLU:
        return torch.ops.aten.threshold_backward(x, side, 0)
    return torch.ops.aten.leaky_relu_backward(x, side, kink.negative_slope, False)


def _nothing_of(layers: list[nn.Module]) -> Tensor | int:
    """Zero, whose derivative by every bias is a tensor of zeros."""
    biases = (getattr(layer, "bias", None) for layer in layers)
    return sum(bias[:0].sum() for bias in biases if bias is not None)
