"""See by trying whether a critic scores each sample by itself."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm


def check_samples_apart(D: nn.Module, x: Tensor) -> None:
    """Score a few samples twice, the others changed: the first score must stay.

    Both times D has the same buffers and the same random numbers, so that dropout and
    spectral norm pass. D is left as it was found, and so is torch's random stream.

    Parameters
    ----------
    D : nn.Module
        Samples in, one score each out.
    x : Tensor (n, *shape)
        Two samples or more; four are enough.

    Raises
    ------
    ValueError
        The first sample's score changes with the others; or one sample in x.

    Gradient: none is computed.
    """
    if len(x) < 2:
        raise ValueError("one sample cannot show whether samples mix: pass two or more")
    changed = x.detach().clone()
    changed[1:] = 0.25 - changed[1:] / 2
    first, again = _score(D, x)[0], _score(D, changed)[0]
    near = 64 * torch.finfo(first.dtype).eps * first.abs()
    if not ((first - again).abs() <= near).all():
        raise ValueError(
            "D's score of one sample changes when the other samples do"
            f"{_suspects(D)}: one backward pass cannot serve both players. Leave out "
            "what mixes samples, put it into eval mode, or take two backward passes"
        )


def _score(D: nn.Module, x: Tensor) -> Tensor:
    """D's scores, with copies of its buffers and without using up random numbers."""
    copies = {name: held.clone() for name, held in D.named_buffers()}
    devices = [x.device] if x.is_cuda else []
    with torch.no_grad(), torch.random.fork_rng(devices):
        return functional_call(D, copies, (x,))


def _suspects(D: nn.Module) -> str:
    """Batch norms that read the batch, as " (BatchNorm2d at 3, ...)"."""
    found = [
        f"{type(layer).__name__} at {name or 'the top'}"
        for name, layer in D.named_modules()
        if isinstance(layer, _BatchNorm)
        and (layer.training or not layer.track_running_stats)
    ]
    return f" ({', '.join(found)})" if found else ""
