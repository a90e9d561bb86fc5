"""How fast a run goes on a device, measured on its first ticks."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from torch import Tensor

from ganflow.check import whole
from ganflow.training.graphs import recorded_turns
from ganflow.training.keep.provenance import device_name
from ganflow.training.loop import pick_device
from ganflow.training.run import begin
from ganflow.training.settings import Settings
from ganflow.training.updates import cuda_precision, tick, turns


@dataclass(frozen=True)
class Pace:
    """What a tick took, and so what all of them will take; `str` says it.

    Attributes
    ----------
    settings : Settings
        Of the run.
    device : str
        As its maker calls it.
    tick : float, seconds
        Of one tick, as a mean.
    """

    settings: Settings
    device: str
    tick: float

    @property
    def images(self) -> float:
        """Real images per second, as the progress bar counts them."""
        return self.settings.critic_steps * self.settings.batch / self.tick

    @property
    def whole(self) -> float:
        """Seconds of all ticks, without checkpoints and snapshots."""
        return self.settings.ticks * self.tick

    def __str__(self) -> str:
        settings = self.settings
        size, whole = settings.size, self.whole
        told = f"{whole:.0f} seconds" if whole < 100 else f"{whole / 60:.0f} minutes"
        return (
            f"{settings.ticks:,} ticks on {settings.data} at {size}x{size} will take "
            f"about {told} on this {self.device}: {1e3 * self.tick:.3g} ms a tick, "
            f"{self.images:,.0f} images/s"
        )


def pace(
    settings: Settings,
    images: Tensor | np.ndarray,
    *,
    device: str = "auto",
    graphs: bool = False,
    ticks: int = 3,
) -> Pace:
    """Measure a few ticks of a run of its own, after one that chooses kernels.

    Parameters
    ----------
    settings : Settings
        As for `train`, which may take another time where other programs run.
    images : Tensor or array (n, channels, size, size), float32
        As for `train`.
    device : str, default "auto"
        As for `train`.
    graphs : bool, default False
        As for `train`.
    ticks : int, >= 1, default 3
        How many are measured.

    Returns
    -------
    Pace

    Raises
    ------
    ValueError
        As `train`, or no tick to measure.

    Gradient: as `tick`, in a run that is thrown away.
    """
    whole("ticks", ticks, least=1)
    run = begin(settings, images, pick_device(device))
    with cuda_precision(run.settings):
        play = recorded_turns(run) if graphs else turns
        tick(run, turns=play).cpu()  # to read is to wait
        started = perf_counter()
        for _ in range(ticks - 1):
            tick(run, turns=play)
        tick(run, turns=play).cpu()
        taken = (perf_counter() - started) / ticks
    return Pace(settings, device_name(run.device), taken)
