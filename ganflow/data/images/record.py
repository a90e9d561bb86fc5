"""The record that every set of images is loaded into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Images:
    """Square images of one size, what they show, and whom to thank.

    Parameters
    ----------
    name : str
    pixels : array (n, channels, size, size), float32 in [-1, 1], n >= 1
        -1 is black, 1 is white. Held as given, so changing it changes the record.
    licence, credit : str, the terms of use and one line that thanks the makers
    source : str, the file or folder that the pixels were made from
    digest : str, hex digits. Two records with one digest have the same pixels.
    labels : array (n,), int, an index into `classes`; None where nothing is known
    classes : tuple of str
    credits : tuple of n str, one line for each image; () where `credit` thanks for all

    Raises
    ------
    ValueError : pixels of another shape, type or range; labels or credits that are not
        one for each image.

    Gradient: none, numpy arrays carry no trace.
    """

    name: str
    pixels: np.ndarray
    licence: str
    credit: str
    source: str
    digest: str
    labels: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    credits: tuple[str, ...] = ()

    def __post_init__(self):
        self._check_pixels()
        labels = () if self.labels is None else self.labels
        for what, given in {"labels": labels, "credits": self.credits}.items():
            if len(given) not in {len(self), 0}:
                raise ValueError(
                    f"{self.name}: {len(self)} images need as many {what}, "
                    f"got {len(given)}"
                )

    def _check_pixels(self):
        shape, dtype = self.pixels.shape, self.pixels.dtype
        square = len(shape) == 4 and shape[2] == shape[3] and min(shape) > 0
        if not square or dtype != np.float32:
            raise ValueError(
                f"{self.name}: expected float32 pixels (n, channels, size, size), at "
                f"least one image, got {dtype} {shape}"
            )
        if not (self.pixels.min() >= -1 and self.pixels.max() <= 1):  # NaN fails too
            raise ValueError(f"{self.name}: scale the pixels to [-1, 1], without NaN")

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def channels(self) -> int:
        return self.pixels.shape[1]

    @property
    def size(self) -> int:
        return self.pixels.shape[2]

    def __repr__(self) -> str:
        """One line: the arrays would fill a page."""
        shape = f"{self.channels} x {self.size} x {self.size}"
        return f"<{self.name}: {len(self):,} images {shape}, {self.credit}>"

    def credit_of(self, index: int) -> str:
        """The line that has to stand beside a picture of this image."""
        return self.credits[index] if self.credits else self.credit
