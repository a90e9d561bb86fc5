"""Small runs of the trainer that several test files use."""

from dataclasses import replace

import numpy as np

from ganflow.train import Settings, begin

SMALL = Settings(size=16, ticks=6, critic_steps=2, batch=8, latent=8, width=4, ema=0.9)


def pixels(count, *, channels=1, size=16):
    """Images of noise, float32 in [-1, 1]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (count, channels, size, size)).astype(np.float32)


def small_run(**changes):
    """A run before its first tick, on 40 images."""
    return begin(replace(SMALL, **changes), pixels(40))
