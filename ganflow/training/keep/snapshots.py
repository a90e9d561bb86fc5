"""Look at a run: the pictures of 25 fixed z and the slopes on a fixed batch. Book/08.

Looking changes nothing: the networks go on as if nobody had looked.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ganflow.losses import mix_samples, slopes
from ganflow.records.training_run import LEVELS, SIDE
from ganflow.training.run import Run
from ganflow.training.sampling import SHOWN, seeded

PROBES = 64  # points at which the slope is measured

Look = dict[str, Tensor]


def look(run: Run) -> Look:
    """What G makes now, and how steep D is.

    Returns
    -------
    dict of Tensor on the CPU
        samples, averaged : (25, size, size, channels), uint8, by G and by its average,
            both with the batch statistics gathered in training
        slopes : (5,), quantiles LEVELS of D's slope at points between real and fake

    Gradient: none reaches anything; no .grad is touched.
    """
    rng = seeded(run.settings.seed, SHOWN)
    z = torch.randn(max(SIDE**2, PROBES), run.settings.latent, generator=rng)
    z, mix = z.to(run.device), torch.rand(PROBES, generator=rng).to(run.device)
    run.G.eval()
    with torch.no_grad():
        x_fake, averaged = run.make(z), run.averaged(z[: SIDE**2])
    run.G.train()
    numbers = torch.randint(len(run.images), (PROBES,), generator=rng).to(run.device)
    between = mix_samples(run.images[numbers], x_fake[:PROBES], mix=mix)
    steep = slopes(run.D, between).detach()
    levels = torch.tensor(LEVELS, device=run.device)
    return {
        "samples": as_bytes(x_fake[: SIDE**2]),
        "averaged": as_bytes(averaged),
        "slopes": steep.quantile(levels).cpu(),
    }


def real_ones(run: Run) -> Tensor:
    """The first 25 images, as `look` gives samples; again if they are few."""
    numbers = torch.arange(SIDE**2, device=run.device) % len(run.images)
    return as_bytes(run.images[numbers])


def as_bytes(x: Tensor) -> Tensor:
    """Pixels in [-1, 1] as uint8, channels last, on the CPU."""
    levels = ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu()


def ticks_to_look(ticks: int, looks: int) -> frozenset[int]:
    """The ticks after which to look: before the first, then ever further apart.

    Parameters
    ----------
    ticks : of the run, >= 1. looks : how many at most, >= 2
    """
    if looks < 2:
        raise ValueError(f"looks is {looks}; it is at least 2: the start and the end")
    # From the end, so that a single look after the start is the end.
    later = np.geomspace(ticks, 1, looks - 1).round().astype(int)
    return frozenset({0, *later.tolist()})
