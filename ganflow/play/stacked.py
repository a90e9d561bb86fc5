"""Call a module with given weights: one set, or one set for each of several runs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import linear

POINTWISE = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Sigmoid, nn.Softplus, nn.ELU, nn.SiLU)


def call(net: nn.Module, params: tuple[Tensor, ...], x: Tensor) -> Tensor:
    """What `net` would return for x, had it the weights `params`.

    Parameters
    ----------
    net : nn.Module; for several runs a Sequential of Linear and pointwise layers.
    params : as `net.parameters()` orders them; (runs, *shape) each for several runs.
    x : Tensor (n, d), or (runs, n, d)

    Returns
    -------
    Tensor (n, e), or (runs, n, e)

    Raises
    ------
    TypeError : several runs of a module that holds another layer.

    Gradient: reaches params and x; cuts nothing.
    """
    if _is_plain(net):
        return _through(net, list(params), x)
    names = [name for name, _ in net.named_parameters()]
    if params[0].ndim == next(net.parameters()).ndim:
        return functional_call(net, dict(zip(names, params, strict=True)), (x,))
    kinds = sorted({type(m).__name__ for m in net.modules() if not _is_known(m)})
    raise TypeError(
        f"several runs at once need a Sequential of Linear and pointwise layers; "
        f"{type(net).__name__} holds {', '.join(kinds)}: use play, one run at a time"
    )


def _through(net: nn.Sequential, params: list[Tensor], x: Tensor) -> Tensor:
    for layer in net:
        if not isinstance(layer, nn.Linear):
            x = layer(x)
            continue
        weight = params.pop(0)
        bias = params.pop(0) if layer.bias is not None else None
        x = linear(x, weight, bias) if weight.ndim == 2 else _linears(x, weight, bias)
    return x


def _linears(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """A linear layer for each run: (runs, n, d) by (runs, e, d)."""
    if bias is None:
        return torch.bmm(x, weight.mT)
    return torch.baddbmm(bias[:, None], x, weight.mT)


def _is_plain(net: nn.Module) -> bool:
    """Whether each layer is known and no weight is used twice."""
    if not isinstance(net, nn.Sequential):
        return False
    weights = [m for m in net if isinstance(m, nn.Linear)]
    return all(map(_is_known, net)) and len(set(weights)) == len(weights)


def _is_known(module: nn.Module) -> bool:
    return type(module) in (nn.Linear, *POINTWISE)
