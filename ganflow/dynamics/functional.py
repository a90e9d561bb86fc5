"""Call a module with given weights: one set, or one set for each of several runs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import leaky_relu, linear

POINTWISE = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.ELU, nn.SiLU)


def call(net: nn.Module, params: tuple[Tensor, ...], x: Tensor) -> Tensor:
    """What `net` would return for x, had it the weights `params`.

    Parameters
    ----------
    net : nn.Module
        For several runs a Sequential of Linear and pointwise layers.
    params : tuple of Tensor
        As `net.parameters()` orders them; for several runs each has a first dimension
        (runs,).
    x : Tensor (n, d) or (runs, n, d)
        What the network is called with.

    Returns
    -------
    Tensor (n, e) or (runs, n, e)

    Raises
    ------
    TypeError
        Several runs of a module that holds another layer.

    Gradient: reaches params and x; cuts nothing. Buffers (the running averages of batch
    norm) are read as they are and stay so.
    """
    if isinstance(net, nn.Sequential) and _is_plain(net):
        return _through(net, list(params), x)
    if params[0].ndim == next(net.parameters()).ndim:
        names = [name for name, _ in net.named_parameters()]
        averages = {name: held.clone() for name, held in net.named_buffers()}
        given = averages | dict(zip(names, params, strict=True))
        return functional_call(net, given, (x,))
    kinds = sorted({type(m).__name__ for m in net.modules() if not _is_known(m)})
    raise TypeError(
        "several runs at once need a Sequential of Linear and pointwise layers, each "
        f"with weights of its own; this {type(net).__name__} holds "
        f"{', '.join(set(kinds) - {'Sequential'}) or 'shared or nested layers'}: "
        "play one run at a time"
    )


def _through(net: nn.Sequential, params: list[Tensor], x: Tensor) -> Tensor:
    fresh = False  # a linear layer just made x: nobody else reads it
    for layer in net:
        if isinstance(layer, nn.Linear):
            weight = params.pop(0)
            bias = params.pop(0) if layer.bias is not None else None
            layers = linear if weight.ndim == 2 else _linears
            x, fresh = layers(x, weight, bias), True
        else:
            x, fresh = _activated(x, layer, fresh), False
    return x


def _activated(x: Tensor, layer: nn.Module, fresh: bool) -> Tensor:
    """The layer's values, written over x where nobody reads it: half the memory."""
    if fresh and type(layer) is nn.ReLU:
        return torch.relu_(x)
    if fresh and type(layer) is nn.LeakyReLU and layer.negative_slope >= 0:
        return leaky_relu(x, layer.negative_slope, inplace=True)
    return layer(x)


def _linears(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A linear layer for each run: (runs, n, d) by (runs, e, d)."""
    if bias is None:
        return torch.bmm(x, weight.mT)
    return torch.baddbmm(bias[:, None], x, weight.mT)


def _is_plain(net: nn.Sequential) -> bool:
    """Whether each layer is known and its weights are plain, each used once."""
    if type(net) is not nn.Sequential or not all(map(_is_known, net)):
        return False
    layers = [layer for layer in net if isinstance(layer, nn.Linear)]
    weights = [p for m in layers for p in (m.weight, m.bias) if p is not None]
    once = len({id(p) for p in weights}) == len(weights)
    return once and all(isinstance(p, nn.Parameter) for p in weights)


def _is_known(module: nn.Module) -> bool:
    return type(module) in (nn.Linear, *POINTWISE)
