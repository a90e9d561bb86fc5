"""Where each loss would move each fake, recorded while D trained: plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LossArrows:
    """Arrows on G's samples over D's surface, for L losses and S moments of D.

    Parameters
    ----------
    losses : tuple of L str
        Their names.
    steps : tuple of S int
        How many updates D had had.
    extent : float
        The surface covers [-extent, extent] on both axes.
    real : array (n, 2)
        The real points.
    fake : array (m, 2)
        The fakes.
    surface : array (L, S, side, side)
        D's score on the grid; row 0 lies at y = -extent.
    score : array (L, S, m)
        D's score of each fake.
    arrows : array (L, S, m, 2)
        Minus the derivative of m * loss_G by each fake: the way and the speed at which
        the loss pulls this one sample.

    Raises
    ------
    ValueError
        An array of another shape.
    """

    losses: tuple[str, ...]
    steps: tuple[int, ...]
    extent: float
    real: np.ndarray
    fake: np.ndarray
    surface: np.ndarray
    score: np.ndarray
    arrows: np.ndarray

    def __post_init__(self):
        states = (len(self.losses), len(self.steps))
        side, fakes = self.surface.shape[-1], len(self.fake)
        expected = {
            "real": (len(self.real), 2),
            "fake": (fakes, 2),
            "surface": (*states, side, side),
            "score": (*states, fakes),
            "arrows": (*states, fakes, 2),
        }
        for name, shape in expected.items():
            came = np.shape(getattr(self, name))
            if came != shape:
                raise ValueError(
                    f"{name} has shape {came}, expected {shape}: one entry for each of "
                    f"{states[0]} losses, {states[1]} steps and {fakes} fakes"
                )
