"""A run as it stands: networks, optimizers, images and the ticks done."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from ganflow.losses import LOSSES, AdversarialLoss
from ganflow.nets import dcgan_critic, dcgan_generator
from ganflow.training.precision import (
    BF16_UNITS,
    HALF,
    Precision,
    older_than,
    precision_of,
)
from ganflow.training.sampling import WEIGHTS, seeded
from ganflow.training.scaling import LossScaler
from ganflow.training.settings import Settings

Share = Callable[[str, Tensor], Tensor]


@dataclass
class Run:
    """Where a run is. Moves change it in place.

    Attributes
    ----------
    settings : Settings
        Its precision is that of `precision`, never "auto".
    precision : Precision
        What it multiplies in, and why.
    images : Tensor (n, channels, size, size), float32, in [-1, 1]
        On the device.
    G : Module, (batch, latent) -> (batch, channels, size, size)
    D : Module, (batch, channels, size, size) -> (batch,)
    averaged : Module
        A copy of G, in eval mode, that follows it slowly.
    optimizer_G : Optimizer
    optimizer_D : Optimizer
    tick : int
        How many are done.
    share : callable or None
        Called with the mover and its loss, returns the loss to call backward of; see
        `distributed.loss.share`. None for one process.
    scalers : dict of str to LossScaler
        By player, in fp16; empty in every other precision.
    """

    settings: Settings
    precision: Precision
    images: Tensor
    G: nn.Module
    D: nn.Module
    averaged: nn.Module
    optimizer_G: torch.optim.Optimizer
    optimizer_D: torch.optim.Optimizer
    tick: int = 0
    share: Share | None = None
    scalers: dict[str, LossScaler] = field(init=False)

    def __post_init__(self):
        players = ("D", "G") if self.precision.name == "fp16" else ()
        self.scalers = {player: LossScaler(self.device) for player in players}

    @property
    def device(self) -> torch.device:
        """Where everything lies."""
        return self.images.device

    @property
    def loss(self) -> AdversarialLoss:
        """What the players minimise, before the penalty."""
        return LOSSES[self.settings.loss]

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that tell its images from others; found once, as that reads
        all of them."""
        pixels = self.images.cpu().contiguous().numpy()
        return hashlib.sha256(pixels.data).hexdigest()[:16]

    @property
    def parts(self) -> dict[str, Any]:
        """Whatever has a state, by name."""
        names = ("G", "D", "averaged", "optimizer_G", "optimizer_D")
        scalers = {f"scaler_{player}": held for player, held in self.scalers.items()}
        return {name: getattr(self, name) for name in names} | scalers

    def make(self, z: Tensor) -> Tensor:
        """Make G's images of z, float32. Gradient: cuts nothing."""
        with self._cast():
            return self.G(z).float()

    def score(self, x: Tensor) -> Tensor:
        """Find D's scores of x, float32. Gradient: cuts nothing."""
        with self._cast():
            return self.D(x).float()

    def step(self, player: str, loss: Tensor) -> None:
        """Clear a player's gradients, find them again from `loss`, and move it.

        In fp16 the loss is scaled, and a step whose gradient overflows is left out; see
        `scaling.LossScaler`.

        Parameters
        ----------
        player : str
            "G" or "D".
        loss : Tensor ()

        Gradient: backward reaches all that the loss depends on and is not frozen.
        """
        optimizer = self.optimizer_G if player == "G" else self.optimizer_D
        optimizer.zero_grad()
        if self.share is not None:
            loss = self.share(player, loss)
        if player in self.scalers:
            self.scalers[player].step(loss, optimizer)
        else:
            loss.backward()
            optimizer.step()

    def average(self) -> None:
        """Move the averaged generator, its batch statistics too, towards G.

        Early on it forgets faster than `ema` says, or it would show the first weights
        for a thousand ticks. Gradient: none.
        """
        decay = min(self.settings.ema, (1 + self.tick) / (10 + self.tick))
        follow = get_ema_multi_avg_fn(decay)
        follow(_numbers(self.averaged), _numbers(self.G), None)

    def _cast(self) -> torch.autocast:
        kind = HALF.get(self.precision.name)
        # No cache: fakes made without a graph would leave weights without one in it.
        return torch.autocast(
            self.device.type, kind, enabled=kind is not None, cache_enabled=False
        )


def begin(
    settings: Settings, images: Tensor | np.ndarray, device: str | torch.device = "cpu"
) -> Run:
    """Make the run before its first tick: weights from the seed, data on the device.

    Parameters
    ----------
    settings : Settings
        All that decides the numbers of the run.
    images : Tensor or array (n, channels, size, size), float32
        Pixels in [-1, 1], of the size and the channels that the settings say.
    device : str or torch.device, default "cpu"
        "cpu", "cuda", …

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        Images of another shape than the settings say, or a precision that the device
        does not offer.

    Gradient: every weight of G and D requires one; those of `averaged` never do.
    """
    pixels, device = torch.as_tensor(images), torch.device(device)
    _check(settings, pixels)
    precision = precision_of(device, settings.precision)
    settings = replace(settings, precision=precision.name)
    rng = seeded(settings.seed, WEIGHTS)
    size, width, channels = settings.size, settings.width, settings.channels
    norm = settings.batch_norm
    G = dcgan_generator(
        size, settings.latent, width, channels, batch_norm=norm, generator=rng
    )
    D = dcgan_critic(size, width, channels, generator=rng)
    form = _form(settings, device)
    for net in (G, D):  # torch's stubs do not know that a module takes a format
        net.to(device, memory_format=form)  # pyright: ignore[reportCallIssue]
    averaged = deepcopy(G).eval().requires_grad_(False)
    return Run(
        settings,
        precision,
        pixels.to(device, memory_format=form),
        G,
        D,
        averaged,
        _adam(settings, G, settings.rate_G),
        _adam(settings, D, settings.rate_D),
    )


def _form(settings: Settings, device: torch.device) -> torch.memory_format:
    """In which order images and weights lie; it changes no number but by rounding.

    Channels last for the fast moves, but on NVIDIA GPUs before Ampere: there it helps
    float16 only, and takes longer in float32 (pytorch issue 44943), in which every
    penalty is found, in fp16 too.
    """
    last = settings.fast and not older_than(BF16_UNITS, device)
    return torch.channels_last if last else torch.contiguous_format


def _adam(settings: Settings, net: nn.Module, rate: float) -> torch.optim.Adam:
    """Adam; for the fast moves one kernel, which may be recorded in a CUDA graph.

    In fp16 for the plain ones too: that kernel sees by itself whether a step is to be
    left out, where the host would have to wait for the device to know.
    """
    betas = (settings.beta1, settings.beta2)
    if not settings.fast and settings.precision != "fp16":
        return torch.optim.Adam(net.parameters(), rate, betas)
    cuda = next(net.parameters()).is_cuda
    return torch.optim.Adam(net.parameters(), rate, betas, fused=True, capturable=cuda)


def _numbers(net: nn.Module) -> list[Tensor]:
    """Parameters and batch statistics; not the counts, which are whole numbers."""
    values = (*net.parameters(), *net.buffers())
    return [value.detach() for value in values if value.is_floating_point()]


def _check(settings: Settings, images: Tensor) -> None:
    wanted = (settings.channels, settings.size, settings.size)
    if images.ndim != 4 or images.shape[1:] != wanted or not len(images):
        raise ValueError(
            f"images have shape {tuple(images.shape)}; the settings ask for "
            f"(n, {', '.join(map(str, wanted))}) with n >= 1"
        )
    if images.dtype != torch.float32:
        raise ValueError(f"images are {images.dtype}; pass float32 in [-1, 1]")
    if not images.abs().max() <= 1:  # a NaN is no number at most 1 either
        raise ValueError("a pixel is not in [-1, 1]; scale the images to that range")
