"""Real batches: points of the plane, pairs of digits, images.

A distribution of the plane is whatever has a `name`, an `extent` and `sample(n, rng)`.
"""

from ganflow.data.clouds import Cloud, digits_plane, moons
from ganflow.data.images import Images, load_images
from ganflow.data.mixtures import Mixture, grid, ring
from ganflow.data.pairs import Pairs, digit_pairs
from ganflow.data.points import Distribution

__all__ = [
    "Cloud",
    "Distribution",
    "Images",
    "Mixture",
    "Pairs",
    "digit_pairs",
    "digits_plane",
    "grid",
    "load_images",
    "moons",
    "ring",
]
