"""Clouds of known points of the plane: the real digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from ganflow.data.points import check_draw, plane_points, read_only


@dataclass(frozen=True, eq=False)
class Cloud:
    """Finitely many known points, drawn with replacement, each as likely.

    Parameters
    ----------
    name : str
    points : array-like (m, 2), finite, m >= 1. Kept as a read-only copy.
    labels : array-like (m,), what each point is. Kept as a read-only copy.

    Raises
    ------
    ValueError : another shape, a point that is not finite, not one label a point.

    Taught in book/05.
    """

    name: str
    points: np.ndarray
    labels: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "points", plane_points(self.name, self.points))
        object.__setattr__(self, "labels", read_only(self.labels))
        if self.labels.shape != (len(self.points),):
            raise ValueError(
                f"{self.name}: {len(self.points)} points need as many labels, "
                f"got shape {self.labels.shape}"
            )

    @property
    def extent(self) -> float:
        return float(np.abs(self.points).max())

    def rows(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `n` row numbers, to read `points[rows]` beside `labels[rows]`."""
        check_draw(self.name, n, rng)
        return rng.integers(len(self.points), size=n)

    def sample(
        self, n: int, rng: np.random.Generator, *, dtype: DTypeLike = np.float64
    ) -> np.ndarray:
        """Draw `n` points, those of `rows(n, rng)`."""
        points = self.points.take(self.rows(n, rng), axis=0)
        return points.astype(dtype, copy=False)


def digits_plane() -> Cloud:
    """Lay the 1,797 real digits of scikit-learn out in a plane, by two components.

    The 64 pixels are centred and projected on their first two principal components,
    which hold 28.5 % of the variance. Each component points to where its largest weight
    is positive. One factor scales both axes, so that the largest coordinate is 2:
    shapes keep, and the centre of mass stays at 0.

    Returns
    -------
    Cloud of points (1797, 2) in [-2, 2], labels (1797,) the digits 0 to 9

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    Taught in book/05.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = digits.data - digits.data.mean(axis=0)
    components = np.linalg.svd(pixels, full_matrices=False).Vh[:2]
    largest = np.abs(components).argmax(axis=1)
    components *= np.sign(components[[0, 1], largest])[:, None]
    points = pixels @ components.T
    points /= np.abs(points).max()  # the largest becomes 1 on any machine
    points *= 2
    return Cloud("digits in a plane", points, digits.target)
