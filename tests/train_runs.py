"""Small runs of the trainer that several test files use."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from ganflow.training import Settings, begin

ROOT = Path(__file__).parent.parent
PLACES = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
ALONE = os.environ | {"PYTHONPATH": PLACES, "OMP_NUM_THREADS": "1"}  # of a process
SMALL = Settings(size=16, ticks=6, critic_steps=2, batch=8, latent=8, width=4, ema=0.9)


def pixels(count, *, channels=1, size=16):
    """Images of noise, float32 in [-1, 1]."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (count, channels, size, size)).astype(np.float32)


def small_run(**changes):
    """A run before its first tick, on 40 images."""
    return begin(replace(SMALL, **changes), pixels(40))


def states(folder):
    """All of a checkpoint but its seconds, as a flat dict; and the log's bytes."""
    content = torch.load(folder / "checkpoint.pt", weights_only=True)
    del content["log"]["spent"]
    for snapshot in content["log"]["snapshots"].values():
        del snapshot["seconds"]
    return dict(_flat(content)) | {"log": (folder / "log.csv").read_bytes()}


def differing(one, other):
    """Where two `states` are not the same, bit for bit."""
    names = one.keys() ^ other.keys()
    return names | {
        name for name in one if name not in names and one[name] != other[name]
    }


def _flat(value, name=""):
    if isinstance(value, torch.Tensor):
        yield (
            name,
            (value.dtype, tuple(value.shape), value.contiguous().numpy().tobytes()),
        )
    elif isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        yield f"{name} keys", len(value)
        for key, part in items:
            yield from _flat(part, f"{name}/{key}")
    else:
        yield name, value
