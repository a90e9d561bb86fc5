"""Everything random, as a function of the seed and the tick alone.

No stream of numbers is carried along: what tick 900 reads is the same whether or not
the 900 ticks before it ran in this process, and N processes can each take their part of
one batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ganflow.training.settings import Settings

WEIGHTS, ORDER, NOISE, SHOWN = range(4)  # what a generator is for


@dataclass(frozen=True)
class Batches:
    """What one tick reads, for n critic steps.

    Attributes
    ----------
    indices : Tensor (n, batch), int64
        Of the real images.
    z : Tensor (n + 1, batch, latent)
        Normal; the last is for G's move.
    mix : Tensor (n, batch), in [0, 1)
        Uniform: the share of the real image in a point between.
    """

    indices: Tensor
    z: Tensor
    mix: Tensor

    def __iter__(self) -> Iterator[Tensor]:
        return iter(vars(self).values())


def seeded(
    seed: int, purpose: int, count: int = 0, device: str | torch.device = "cpu"
) -> torch.Generator:
    """Make a generator whose numbers depend on nothing but the arguments.

    That costs the host some tens of microseconds a tick. One generator for several
    ticks would cost less; what a tick reads would then depend on how many they are.

    Parameters
    ----------
    seed : int, >= 0
        Of the run.
    purpose : int
        WEIGHTS, ORDER, NOISE or SHOWN: what its numbers are for.
    count : int, >= 0, default 0
        The tick or the epoch they are for, where each has its own.
    device : str or torch.device, default "cpu"
        Where they are made; a CPU and a GPU make different numbers.

    Returns
    -------
    torch.Generator
    """
    words = np.random.SeedSequence((seed, purpose, count)).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(words[0]))


def sample_batches(
    settings: Settings, images: int, tick: int, device: str | torch.device
) -> Batches:
    """Sample what the tick after `tick` ticks reads.

    Parameters
    ----------
    settings : Settings
        The sizes of the batches, and the seed.
    images : int, >= 1
        How many there are.
    tick : int, >= 0
        How many ticks were done before.
    device : str or torch.device
        Where the numbers are made; a CPU and a GPU make different noise.

    Returns
    -------
    Batches
        On the device; the host does not wait for it.
    """
    steps, batch = settings.critic_steps, settings.batch
    rng = seeded(settings.seed, NOISE, tick, device)
    shape = (steps + 1, batch, settings.latent)
    z = torch.randn(shape, generator=rng, device=device)
    mix = torch.rand((steps, batch), generator=rng, device=device)
    start = tick * steps * batch
    indices = image_indices(
        settings.seed, images, start, start + steps * batch, str(device)
    )
    return Batches(indices.reshape(steps, batch), z, mix)


def image_indices(
    seed: int, images: int, start: int, stop: int, device: str = "cpu"
) -> Tensor:
    """Say which images are read from place `start` to before `stop` of the whole run.

    Each epoch is a permutation of all images, so every image is read once in it; a
    batch may begin in one epoch and end in the next.

    Parameters
    ----------
    seed : int, >= 0
    images : int, >= 1
        How many there are.
    start : int, >= 0
    stop : int, > start
    device : str

    Returns
    -------
    Tensor (stop - start,), int64, in [0, images)
    """
    first, last = start // images, (stop - 1) // images
    epochs = [_epoch(seed, images, k, device) for k in range(first, last + 1)]
    return torch.cat(epochs)[start - first * images : stop - first * images]


@lru_cache(maxsize=8)
def _epoch(seed: int, images: int, epoch: int, device: str) -> Tensor:
    """The order of one epoch; drawn on the CPU, so that all devices share it.

    Into pinned memory for a GPU: the host waits for a copy of any other.
    """
    rng, pinned = seeded(seed, ORDER, epoch), torch.device(device).type == "cuda"
    order = torch.randperm(images, generator=rng, pin_memory=pinned)
    return order.to(device, non_blocking=True)
