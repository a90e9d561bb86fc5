"""Draw images as grids, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ganflow.check import whole

WIDTH, ABOVE = 7.5, 0.35  # inches: of the figure, for the names


def draw_images(grids: Mapping[str, ArrayLike], *, columns: int = 5) -> list[Axes]:
    """Draw a grid of images for each name, -1 black and 1 white.

    Parameters
    ----------
    grids : dict of name -> array-like (n, size, size), (n, size, size, 1 or 3)
        Pixels in [-1, 1]. Images that fill no whole row are left out.
    columns : int, default 5
        >= 1, images in a row.

    Returns
    -------
    list of Axes
        One for each name, in order.

    Raises
    ------
    ValueError
        No name, or an array that has not one row of such images.

    Gradient: none; reads numbers.
    """
    columns = whole("columns", columns, least=1)
    if not grids:
        raise ValueError("nothing to draw: expected at least one name with its images")
    painted = {name: _grid(name, held, columns) for name, held in grids.items()}
    high = max(grid.shape[0] / grid.shape[1] for grid in painted.values())
    size = (WIDTH, WIDTH / len(painted) * high + ABOVE)
    _, axes = plt.subplots(1, len(painted), figsize=size, squeeze=False)
    for ax, (name, grid) in zip(axes[0], painted.items(), strict=True):
        ax.imshow(grid, cmap="gray", vmin=-1, vmax=1, interpolation="none")
        ax.set_title(name, fontsize="medium", loc="left")
        ax.set_axis_off()
    return list(axes[0])


def _grid(name: str, held: ArrayLike, columns: int) -> np.ndarray:
    """One picture of all images, in rows of `columns`, with a line between two."""
    images = np.asarray(held, dtype=float)
    images = images[..., None] if images.ndim == 3 else images
    rows = len(images) // columns if images.ndim == 4 else 0
    if not rows or images.shape[1] != images.shape[2] or images.shape[3] not in (1, 3):
        raise ValueError(
            f"{name!r} has the shape {np.shape(held)}; expected {columns} images or "
            "more, (n, size, size) or (n, size, size, 1 or 3)"
        )
    edges = ((0, 0), (0, 1), (0, 1), (0, 0))  # a white line below and on the right
    framed = np.pad(images[: rows * columns], edges, constant_values=1.0)
    _, size, _, channels = framed.shape
    kept = framed.reshape(rows, columns, size, size, channels)
    grid = kept.swapaxes(1, 2).reshape(rows * size, columns * size, channels)
    grid = grid[:-1, :-1]
    return grid[..., 0] if channels == 1 else (grid + 1) / 2
