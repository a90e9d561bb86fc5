"""The digits of scikit-learn, which need no download."""

from __future__ import annotations

import numpy as np

LICENCE = "CC BY 4.0"
CREDIT = "Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, UCI"


def digit_images(size: int, channels: int) -> np.ndarray:
    """Enlarge or shrink the 1,797 digits of 8 x 8 pixels and 17 grey levels.

    At 8 pixels they are the originals. Elsewhere Pillow's bicubic filter works on
    floats, and what it overshoots at an edge is clipped.

    Parameters
    ----------
    size, channels : pixels of a side, 1 (grey) or 3 (the same grey three times)

    Returns
    -------
    array (1797, channels, size, size), float32 in [-1, 1]

    Source: scikit-learn `load_digits` (UCI Optical Recognition of Handwritten Digits).
    """
    from PIL import Image
    from sklearn.datasets import load_digits

    grey = load_digits().images.astype(np.float32) / 8 - 1
    square, filter_ = (size, size), Image.Resampling.BICUBIC
    scaled = [Image.fromarray(digit).resize(square, filter_) for digit in grey]
    pixels = np.clip(np.stack([np.asarray(digit) for digit in scaled]), -1, 1)
    return pixels[:, None].repeat(channels, axis=1)


def digit_labels() -> np.ndarray:
    from sklearn.datasets import load_digits

    return load_digits().target
