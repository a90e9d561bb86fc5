"""Clouds of known points of the plane: the real digits, and two moons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ganflow.data.points import check_draw, plane_points


@dataclass(frozen=True, eq=False)
class Cloud:
    """Finitely many known points, drawn with replacement, each as likely.

    Parameters
    ----------
    name : str
        What pictures and tables call it.
    points : array-like (m, 2)
        Finite, m >= 1. Kept as a read-only copy.

    Raises
    ------
    ValueError
        Another shape, a point that is not finite.
    """

    name: str
    points: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "points", plane_points("points", self.points))

    @property
    def extent(self) -> float:
        """Half the side of the square around 0 that holds every point."""
        return float(np.abs(self.points).max())

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw points; see `Distribution.sample`."""
        check_draw(n, rng)
        return self.points.take(rng.integers(len(self.points), size=n), axis=0)


def digits_plane() -> Cloud:
    """Lay the 1,797 real digits of scikit-learn out in a plane, by two components.

    The 64 pixels are centred and projected on their first two principal components,
    which hold 28.5 % of the variance. Each component points to where its largest weight
    is positive. One factor scales both axes, so that the largest coordinate is 2:
    shapes keep, and the centre of mass stays at 0.

    Returns
    -------
    Cloud
        Of points (1797, 2) in [-2, 2].

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    """
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    pixels = digits.data - digits.data.mean(axis=0)
    components = np.linalg.svd(pixels, full_matrices=False).Vh[:2]
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[[0, 1], largest])[:, None]
    return Cloud("digits in a plane", _filling_the_square(pixels @ components.T))


def moons() -> Cloud:
    """Draw two half circles that reach into each other, as 500 noisy points.

    The noise has a standard deviation of 0.05 radii. The points are centred, and one
    factor scales both axes, so that the largest coordinate is 2.

    Returns
    -------
    Cloud
        Of the same points (500, 2) in [-2, 2] at every call.

    Source: scikit-learn `make_moons`.
    """
    from sklearn.datasets import make_moons

    points: Any = make_moons(500, noise=0.05, random_state=0)[0]
    return Cloud("moons", _filling_the_square(points - points.mean(axis=0)))


def _filling_the_square(points: np.ndarray) -> np.ndarray:
    """Scale both axes by one factor, so that the largest coordinate is 2."""
    return points / np.abs(points).max() * 2  # the largest is 1 first, on any machine
