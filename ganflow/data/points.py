"""What a distribution of the plane is, and what it checks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

REACH = 3.0  # standard deviations of noise that a picture shows


class Distribution(Protocol):
    """What a chapter asks of any distribution of the plane."""

    name: str

    @property
    def extent(self) -> float:
        """Half the side of the square around 0 that holds it, noise up to 3 sigma."""

    def sample(
        self, n: int, rng: np.random.Generator, *, dtype: DTypeLike = np.float64
    ) -> np.ndarray:
        """Draw `n` points, an array (n, 2). A float32 draw is a float64 one rounded."""


def plane_points(name: str, points: ArrayLike) -> np.ndarray:
    points = read_only(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            f"{name}: expected points of the plane, at least one, as an array (k, 2), "
            f"got shape {points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"{name}: every coordinate must be finite, remove NaN and inf")
    return points


def read_only(values: ArrayLike, dtype: DTypeLike = None) -> np.ndarray:
    values = np.array(values, dtype=dtype)
    values.setflags(write=False)
    return values


def check_positive(what: str, value: float) -> None:
    """Raise a ValueError unless 0 < value < inf."""
    if not 0 < value < np.inf:
        raise ValueError(f"{what} must be positive and finite, got {value}")


def check_draw(name: str, n: int, rng: np.random.Generator) -> None:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name}: sampling needs a numpy Generator, got {type(rng).__name__}: "
            "pass numpy.random.default_rng(seed)"
        )
    if n < 1:
        raise ValueError(f"{name}: draw at least one point, got n={n}")
