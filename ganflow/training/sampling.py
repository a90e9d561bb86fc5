"""Everything random, as a function of the seed and the tick alone.

No stream of numbers is carried along: what tick 900 draws is the same whether or not
the 900 ticks before it ran in this process, and N processes can each take their part of
one batch. Taught in book/08 and 09.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ganflow.training.settings import Settings

WEIGHTS, ORDER, NOISE, SHOWN = range(4)  # what a generator is for


@dataclass(frozen=True)
class Drawn:
    """What one tick reads, for n critic steps.

    numbers : (n, batch), int64, of the images. z : (n + 1, batch, latent), the last for
    G's move. mix : (n, batch), uniform on [0, 1).
    """

    numbers: Tensor
    z: Tensor
    mix: Tensor

    def __iter__(self):
        return iter(vars(self).values())


def seeded(seed: int, purpose: int, count: int = 0, device="cpu") -> torch.Generator:
    """Make a generator whose numbers depend on nothing but the arguments."""
    words = np.random.SeedSequence((seed, purpose, count)).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(words[0]))


def draw(
    settings: Settings, images: int, tick: int, device, *, part: slice = slice(None)
) -> Drawn:
    """Draw what the tick after `tick` ticks reads.

    Parameters
    ----------
    settings : Settings. images : how many there are, >= 1. tick : >= 0
    device : where the numbers are made; a CPU and a GPU make different noise
    part : of the batch; N processes that take N parts read one batch together

    Returns
    -------
    Drawn, on the device. The host does not wait for it.
    """
    steps, batch = settings.critic_steps, settings.batch
    rng = seeded(settings.seed, NOISE, tick, device)
    shape = (steps + 1, batch, settings.latent)
    z = torch.randn(shape, generator=rng, device=device)
    mix = torch.rand((steps, batch), generator=rng, device=device)
    start = tick * steps * batch
    numbers = image_numbers(
        settings.seed, images, start, start + steps * batch, str(device)
    ).reshape(steps, batch)
    return Drawn(numbers[:, part], z[:, part], mix[:, part])


def image_numbers(seed: int, images: int, start: int, stop: int, device="cpu"):
    """Which images are read from place `start` to before `stop` of the whole run.

    Each epoch is a permutation of all images, so every image is read once in it; a
    batch may begin in one epoch and end in the next.

    Returns
    -------
    Tensor (stop - start,), int64, in [0, images)
    """
    first, last = start // images, (stop - 1) // images
    epochs = [_epoch(seed, images, k, device) for k in range(first, last + 1)]
    return torch.cat(epochs)[start - first * images : stop - first * images]


@lru_cache(maxsize=8)
def _epoch(seed: int, images: int, epoch: int, device: str) -> Tensor:
    """The order of one epoch; drawn on the CPU, so that all devices share it."""
    order = torch.randperm(images, generator=seeded(seed, ORDER, epoch))
    return order.to(device)
