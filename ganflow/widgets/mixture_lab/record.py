"""GANs of the plane filmed under every setting of a lab: plain data, and few bytes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

STEPS = 127  # of a sample's coordinate, from 0 to the extent
LEVELS = 63  # of a surface, from its lowest to its highest; ten bands are drawn


@dataclass(frozen=True)
class MixtureLab:
    """What runs did, for S schedules, R rates, P penalties, K seeds, at T ticks.

    Parameters
    ----------
    schedules : tuple of S str
        What they are called.
    rates : tuple of R str
        What D's step sizes, divided by G's, are called.
    penalties : tuple of P str
        What they are called.
    seeds : tuple of K str
        What they are called.
    ticks : tuple of T int
        The ticks done at each record.
    extent : float
        Pictures cover [-extent, extent] on both axes.
    centres : array (m, 2)
        The real modes.
    radius : float
        A sample this near counts as a mode's.
    counted : int
        How many samples `captured`, `share` and `distance` were measured on.
    samples : array (S, R, P, K, T, n, 2)
        Some of G's samples, of the same noise throughout.
    surface : array (S, R, P, K, T, side, side)
        D's score; row 0 lies at y = -extent.
    captured : array (S, R, P, K, T, m), bool
        Whether a sample counts as that mode's.
    share : array (S, R, P, K, T)
        Of samples that count as any mode's.
    distance : array (S, R, P, K, T)
        Sliced Wasserstein, to as many real points.

    Raises
    ------
    ValueError
        An array of another shape.
    """

    schedules: tuple[str, ...]
    rates: tuple[str, ...]
    penalties: tuple[str, ...]
    seeds: tuple[str, ...]
    ticks: tuple[int, ...]
    extent: float
    centres: np.ndarray
    radius: float
    counted: int
    samples: np.ndarray
    surface: np.ndarray
    captured: np.ndarray
    share: np.ndarray
    distance: np.ndarray

    def __post_init__(self):
        states = (*map(len, self.choices.values()), len(self.ticks))
        for name, shape in {
            "samples": (*states, *np.shape(self.samples)[-2:-1], 2),
            "surface": (*states, *np.shape(self.surface)[-1:] * 2),
            "captured": (*states, len(self.centres)),
            "share": states,
            "distance": states,
        }.items():
            if (came := np.shape(getattr(self, name))) != shape:
                raise ValueError(
                    f"{name} has shape {came}, expected {shape}: one entry for each "
                    f"setting and each of {len(self.ticks)} ticks"
                )

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The settings by the name of their control."""
        return {
            "schedule": self.schedules,
            "rate": self.rates,
            "penalty": self.penalties,
            "seed": self.seeds,
        }

    @property
    def finite(self) -> np.ndarray:
        """Where all of a state can be drawn, (S, R, P, K, T)."""
        parts = [self.samples, self.surface]
        seen = [np.isfinite(x).all(axis=(-2, -1)) for x in parts]
        return seen[0] & seen[1] & np.isfinite(self.share) & np.isfinite(self.distance)


def packed(lab: MixtureLab) -> bytes:
    """The arrays in few bytes: one after the other, states in order, deflated.

    Parameters
    ----------
    lab : MixtureLab

    Returns
    -------
    bytes : deflated
        numbers : float32, for each state share, distance, lowest and highest score; all
            NaN for a state that is not finite
        samples : int8, -127 to 127 from -extent to extent; one outside lies on the edge
        surface : uint8, 0 to 63 from the state's lowest to its highest score
        captured : uint8, 0 or 1
    """
    fine = lab.finite
    samples = np.where(fine[..., None, None], lab.samples, 0) / lab.extent
    samples = np.rint(samples.clip(-1, 1) * STEPS)
    surface = np.where(fine[..., None, None], lab.surface, 0).astype(np.float64)
    low, high = surface.min(axis=(-2, -1)), surface.max(axis=(-2, -1))
    span = np.where(high > low, high - low, 1.0)
    levels = np.rint((surface - low[..., None, None]) / span[..., None, None] * LEVELS)
    numbers = np.stack([lab.share, lab.distance, low, high], axis=-1)
    numbers = np.where(fine[..., None], numbers, np.nan)
    parts = ((numbers, "<f4"), (samples, "i1"), (levels, "u1"), (lab.captured, "u1"))
    return zlib.compress(b"".join(x.astype(kind).tobytes() for x, kind in parts), 9)
