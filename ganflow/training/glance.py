"""Show what a run makes while it runs, every few seconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import perf_counter

import numpy as np

from ganflow.training.keep.snapshots import averaged_pictures
from ganflow.training.run import Run

SECONDS = 3.0  # between two glances
Look = Callable[[int, np.ndarray], None]


class Glance:
    """Calls a reader's `look`, if there is one and if its time has come.

    Parameters
    ----------
    look : callable or None
        Takes the ticks done and pictures, array (25, size, size, channels), uint8.
    """

    def __init__(self, look: Look | None):
        self.look, self.taken = look, -math.inf

    def __call__(self, run: Run, *, always: bool) -> None:
        """Give it the run's pictures; `always` also before the time has come."""
        if self.look and (always or perf_counter() - self.taken > SECONDS):
            self.look(run.tick, averaged_pictures(run).numpy())
            self.taken = perf_counter()
