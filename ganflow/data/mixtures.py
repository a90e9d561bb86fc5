"""Mixtures of round Gaussians in the plane, and the ring of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ganflow.data.points import REACH, check_draw, check_positive, plane_points


@dataclass(frozen=True, eq=False)
class Mixture:
    """Round Gaussians of one spread, each as likely as the others.

    Parameters
    ----------
    name : str
    centres : array-like (k, 2), finite, k >= 1. Kept as a read-only copy.
    spread : float > 0, the standard deviation along either axis

    Raises
    ------
    ValueError : another shape, a centre that is not finite, a spread that is not
        positive.

    Taught in book/05.
    """

    name: str
    centres: np.ndarray
    spread: float

    def __post_init__(self):
        check_positive(f"{self.name}: the spread", self.spread)
        object.__setattr__(self, "centres", plane_points(self.name, self.centres))

    @property
    def extent(self) -> float:
        return float(np.abs(self.centres).max() + REACH * self.spread)

    def sample(
        self, n: int, rng: np.random.Generator, *, dtype: DTypeLike = np.float64
    ) -> np.ndarray:
        """Draw `n` points: first their modes, then the noise around them."""
        check_draw(self.name, n, rng)
        mode = rng.integers(len(self.centres), size=n)
        points = rng.standard_normal((n, 2))
        points *= self.spread
        points += self.centres.take(mode, axis=0)
        return points.astype(dtype, copy=False)

    def mode_of(self, points: ArrayLike) -> np.ndarray:
        """Index the nearest centre of each point.

        Parameters
        ----------
        points : array-like (..., 2)

        Returns
        -------
        array (...), int, in [0, k); -1 where a point is not finite. Between two equally
        near centres, the first.

        Gradient: none, an index has no slope.
        """
        points = np.asarray(points, dtype=np.float64)
        # |x - c|^2 is least where x.c - |c|^2 / 2 is largest: no (..., k, 2) array.
        with np.errstate(over="ignore", invalid="ignore"):
            score = points @ self.centres.T
            score -= (self.centres**2).sum(axis=1) / 2
        finite = np.isfinite(points).all(axis=-1)
        return np.where(finite, score.argmax(axis=-1), -1)


def ring(*, modes: int = 8, radius: float = 2.0, spread: float = 0.1) -> Mixture:
    """Place the centres of a mixture evenly on a circle.

    Mode k sits at the angle 2 pi k / modes. (`linspace(0, 2 * pi, modes)` would put the
    last mode on the first.)

    Parameters
    ----------
    modes, radius, spread : number of centres, their distance from 0, standard deviation

    Returns
    -------
    Mixture of centres (modes, 2)

    Raises
    ------
    ValueError : fewer than one mode, a radius or a spread that is not positive.

    Taught in book/03b and book/05.
    """
    if not isinstance(modes, int | np.integer) or modes < 1:
        raise ValueError(
            f"a ring needs a whole number of modes, 1 or more, got modes={modes}"
        )
    check_positive("a ring: the radius", radius)
    angle = 2 * np.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Mixture(f"ring of {modes}", centres, spread)
