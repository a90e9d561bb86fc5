"""What a distribution of the plane is, and what it checks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ganflow.check import whole

REACH = 3.0  # standard deviations of noise that a picture shows


class Distribution(Protocol):
    """What a chapter asks of any distribution of the plane."""

    @property
    def name(self) -> str:
        """What pictures and tables call it."""
        ...

    @property
    def extent(self) -> float:
        """Half the side of the square around 0 that holds it, noise up to 3 sigma."""
        ...

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw points of the plane.

        Parameters
        ----------
        n : int
            >= 1, how many.
        rng : numpy.random.Generator
            Where the randomness comes from.

        Returns
        -------
        array (n, 2), float64

        Raises
        ------
        TypeError
            Another kind of generator.
        ValueError
            n below 1.
        """
        ...


def plane_points(name: str, points: ArrayLike) -> np.ndarray:
    """A read-only copy, if they are at least one point (k, 2), all finite."""
    points = np.array(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            f"{name} has shape {points.shape}; expected points of the plane, at least "
            "one, as (k, 2)"
        )
    if not np.isfinite(points).all():
        raise ValueError(f"{name} has a NaN or inf; expected finite coordinates only")
    points.setflags(write=False)
    return points


def check_draw(n: int, rng: np.random.Generator) -> None:
    """Refuse what no point can be drawn with."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rng is of type {type(rng).__name__}; expected a numpy Generator, such as "
            "numpy.random.default_rng(seed)"
        )
    whole("n", n, least=1)
