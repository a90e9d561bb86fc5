"""Real batches: points on a ring, and pairs of digits. Needs no download."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def ring(
    n: int,
    rng: np.random.Generator,
    *,
    modes: int = 8,
    radius: float = 2.0,
    spread: float = 0.1,
) -> np.ndarray:
    """`n` points of a mixture of Gaussians whose centres lie evenly on a circle.

    Mode k sits at the angle 2 pi k / modes. (`linspace(0, 2 * pi, modes)` would put the
    last mode on the first.)

    Parameters
    ----------
    n : int, number of points
    rng : numpy Generator
    modes, radius, spread : number of centres, their distance from 0, standard deviation

    Returns
    -------
    array (n, 2), float64

    Raises
    ------
    ValueError : fewer than one mode.

    Taught in book/03b.
    """
    if modes < 1:
        raise ValueError(f"a ring needs at least one mode, got modes={modes}")
    angle = 2 * np.pi * rng.integers(modes, size=n) / modes
    centre = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centre + spread * rng.standard_normal((n, 2))


@dataclass(frozen=True)
class Pairs:
    """Image pairs of one shape: `blurred[i]` is what is left of `sharp[i]`."""

    blurred: np.ndarray
    sharp: np.ndarray

    def __post_init__(self):
        if self.blurred.shape != self.sharp.shape:
            raise ValueError(
                f"a pair needs one shape, got {self.blurred.shape} and "
                f"{self.sharp.shape}: degrade without resizing"
            )


def digit_pairs() -> Pairs:
    """The 1,797 real digits of scikit-learn, each beside its 4x4 version.

    Each 2x2 block of a digit is replaced by its mean: a quarter of the pixels is left.

    Returns
    -------
    Pairs of arrays (1797, 1, 8, 8), float32, pixels in [-1, 1]

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    Taught in book/03b.
    """
    from sklearn.datasets import load_digits

    sharp = load_digits().images.astype(np.float32)[:, None] / 8 - 1
    small = sharp.reshape(-1, 1, 4, 2, 4, 2).mean(axis=(3, 5))
    return Pairs(small.repeat(2, axis=2).repeat(2, axis=3), sharp)
