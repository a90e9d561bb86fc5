"""Load any set of images by its name, or a folder of your own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ganflow.data.images.digits import CREDIT, LICENCE, digit_images, digit_labels
from ganflow.data.images.record import Images

NAMES = ("digits", "fashion", "fashion-test", "flowers")


def load_images(
    data: str | Path = "digits",
    *,
    size: int,
    channels: int | None = None,
) -> Images:
    """Load images as one array.

    Parameters
    ----------
    data : "digits"
    size : pixels of a side
    channels : 1 (grey), 3 (colour), or None for what the set has

    Returns
    -------
    Images of pixels (n, channels, size, size), float32 in [-1, 1]

    Gradient: none, numpy arrays carry no trace.
    """
    if data != "digits":
        raise ValueError(f"no image set is called {data!r}: expected 'digits'")
    pixels = digit_images(size, channels or 1)
    return Images(
        name="digits",
        pixels=np.ascontiguousarray(pixels),
        licence=LICENCE,
        credit=CREDIT,
        source="scikit-learn load_digits",
        key="",
        labels=digit_labels(),
        classes=tuple("0123456789"),
    )
