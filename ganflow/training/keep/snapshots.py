"""Snapshots of a run: pictures of 25 fixed z, and the slopes on a fixed batch.

Taking one changes nothing: the networks go on as if there had been none.
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

Snapshot = dict[str, Tensor]


def snapshot(run: Run) -> Snapshot:
    """Find what G makes now, and how steep D is.

    Parameters
    ----------
    run : Run
        As it stands; it is not changed.

    Returns
    -------
    dict of Tensor, on the CPU
        `samples` (25, size, size, channels), uint8, by G, and `averaged`, as many by
        its average, both with the batch statistics gathered in training; `slopes` (5,),
        quantiles LEVELS of D's slope at points between real and fake.

    Gradient: none reaches anything; no .grad is touched.
    """
    rng = seeded(run.settings.seed, SHOWN)
    z, mix = _fixed_z(run, rng), torch.rand(PROBES, generator=rng).to(run.device)
    run.G.eval()
    with torch.no_grad():
        x_fake = run.make(z)
    run.G.train()
    indices = torch.randint(len(run.images), (PROBES,), generator=rng).to(run.device)
    between = mix_samples(run.images[indices], x_fake[:PROBES], mix=mix)
    steep = slopes(run.D, between).detach()
    levels = torch.tensor(LEVELS, device=run.device)
    return {
        "samples": as_bytes(x_fake[: SIDE**2]),
        "averaged": averaged_pictures(run),
        "slopes": steep.quantile(levels).cpu(),
    }


def averaged_pictures(run: Run) -> Tensor:
    """Make what the averaged generator shows in a snapshot; it takes no slopes.

    Parameters
    ----------
    run : Run
        As it stands; it is not changed.

    Returns
    -------
    Tensor (25, size, size, channels), uint8, on the CPU

    Gradient: none.
    """
    z = _fixed_z(run, seeded(run.settings.seed, SHOWN))
    with torch.no_grad():
        return as_bytes(run.averaged(z[: SIDE**2]))


def _fixed_z(run: Run, rng: torch.Generator) -> Tensor:
    """The first that `rng` draws, on the run's device."""
    z = torch.randn(max(SIDE**2, PROBES), run.settings.latent, generator=rng)
    return z.to(run.device)


def real_images(run: Run) -> Tensor:
    """Take the first 25 images, as `snapshot` gives samples; again if they are few."""
    indices = torch.arange(SIDE**2, device=run.device) % len(run.images)
    return as_bytes(run.images[indices])


def as_bytes(x: Tensor) -> Tensor:
    """Turn pixels in [-1, 1] into uint8, channels last, on the CPU."""
    levels = ((x + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu()


def snapshot_ticks(ticks: int, snapshots: int) -> frozenset[int]:
    """Choose after which ticks: before the first, then ever further apart.

    Parameters
    ----------
    ticks : int, >= 1
        Of the run.
    snapshots : int, >= 2
        How many at most.

    Returns
    -------
    frozenset of int
        Ticks done, in [0, ticks]; both ends are in it.

    Raises
    ------
    ValueError
        Fewer than two snapshots.
    """
    if snapshots < 2:
        raise ValueError(
            f"snapshots is {snapshots}; it is at least 2: the start and the end"
        )
    # From the end, so that a single one after the start is the end.
    later = np.geomspace(ticks, 1, snapshots - 1).round().astype(int)
    return frozenset({0, *later.tolist()})
