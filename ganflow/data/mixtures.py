"""Mixtures of round Gaussians in the plane: the ring of them and the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ganflow.check import number, whole
from ganflow.data.points import REACH, check_draw, plane_points


@dataclass(frozen=True, eq=False)
class Mixture:
    """Round Gaussians of one spread, each as likely as the others.

    Parameters
    ----------
    name : str
        What pictures and tables call it.
    centres : array-like (k, 2)
        Finite, k >= 1. Kept as a read-only copy.
    spread : float
        > 0, the standard deviation along either axis.

    Raises
    ------
    ValueError
        Another shape, a centre that is not finite, a spread that is not positive.
    """

    name: str
    centres: np.ndarray
    spread: float

    def __post_init__(self):
        number("spread", self.spread, above=0)
        object.__setattr__(self, "centres", plane_points("centres", self.centres))

    @property
    def extent(self) -> float:
        """Half the side of the square around 0 that holds it, noise up to 3 sigma."""
        return float(np.abs(self.centres).max() + REACH * self.spread)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw points: first their modes, then the noise; see `Distribution.sample`."""
        check_draw(n, rng)
        mode = rng.integers(len(self.centres), size=n)
        points = rng.standard_normal((n, 2))
        points *= self.spread
        points += self.centres.take(mode, axis=0)
        return points

    def mode_of(self, points: ArrayLike) -> np.ndarray:
        """Index the nearest centre of each point.

        Parameters
        ----------
        points : array-like (..., 2)
            Points of the plane.

        Returns
        -------
        array (...), int
            In [0, k); -1 where a point is not finite. Between two equally near centres,
            the first.

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
    modes : int, default 8
        >= 1, the number of centres.
    radius : float, default 2.0
        > 0, their distance from 0.
    spread : float, default 0.1
        > 0, the standard deviation around each.

    Returns
    -------
    Mixture
        Of centres (modes, 2).

    Raises
    ------
    ValueError
        Fewer than one mode, a radius or a spread that is not positive.
    """
    whole("modes", modes, least=1)
    number("radius", radius, above=0)
    angle = 2 * np.pi * np.arange(modes) / modes
    centres = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Mixture(f"ring of {modes}", centres, spread)


def grid(*, side: int = 5, gap: float = 1.0, spread: float = 0.025) -> Mixture:
    """Place the centres of a mixture on a square grid around 0.

    The 25 Gaussians of the literature stand at 0, 2 and 4 either way with a spread of
    0.05, and are trained on at another scale. This is that grid at half its size, so
    that it fills the square of `ring`; `grid(gap=2.0, spread=0.05)` is theirs.

    Parameters
    ----------
    side : int
        >= 1, centres along either axis; side * side in all.
    gap : float
        > 0, from a centre to the next along an axis.
    spread : float
        > 0, the standard deviation around each.

    Returns
    -------
    Mixture
        Of centres (side * side, 2), by their first coordinate, then by their second.

    Raises
    ------
    ValueError
        Fewer than one centre along an axis, a gap or a spread that is not positive.

    Source: Gulrajani et al. 2017, `gan_toy.py` of their published code.
    """
    whole("side", side, least=1)
    number("gap", gap, above=0)
    along = gap * (np.arange(side) - (side - 1) / 2)
    x, y = np.meshgrid(along, along, indexing="ij")
    centres = np.stack([x.ravel(), y.ravel()], axis=1)
    return Mixture(f"grid of {side * side}", centres, spread)
