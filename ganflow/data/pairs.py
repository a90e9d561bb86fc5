"""Pairs of images: what is left of a digit, and the digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Pairs:
    """Image pairs of one shape: `blurred[i]` is what is left of `sharp[i]`.

    Parameters
    ----------
    blurred : array (n, channels, height, width)
        What is left of each image.
    sharp : array of the same shape
        The images.

    Raises
    ------
    ValueError
        Two shapes.
    """

    blurred: np.ndarray
    sharp: np.ndarray

    def __post_init__(self):
        if self.blurred.shape != self.sharp.shape:
            raise ValueError(
                f"blurred has shape {self.blurred.shape}; expected that of sharp, "
                f"{self.sharp.shape}: degrade without resizing"
            )


def digit_pairs() -> Pairs:
    """The 1,797 real digits of scikit-learn, each beside its 4x4 version.

    Each 2x2 block of a digit is replaced by its mean: a quarter of the pixels is left.

    Returns
    -------
    Pairs
        Of arrays (1797, 1, 8, 8), float32, pixels in [-1, 1].

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    """
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    sharp = digits.images.astype(np.float32)[:, None] / 8 - 1
    small = sharp.reshape(-1, 1, 4, 2, 4, 2).mean(axis=(3, 5))
    return Pairs(small.repeat(2, axis=2).repeat(2, axis=3), sharp)
