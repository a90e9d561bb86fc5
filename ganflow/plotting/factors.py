"""Draw a product of numbers and matrices, entry by entry, with what it comes to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ganflow.plotting.card import COLORS, STRIPES, TINTS, block, card, write

EDGE, CELL, NAME, SIGN, STRIPE = 20.0, 40.0, 26.0, 34.0, 6.0  # px
TEXT, LETTER = 13.0, 8.0  # px: height of the words, and the width of one letter
MOST = 6  # rows or columns of which each entry can still be read


def draw_factors(
    factors: Mapping[str, Any],
    result: str,
    ax: Axes | None = None,
    *,
    colors: Mapping[str, str] | None = None,
) -> Axes:
    """Draw factors from left to right, and their product, which is computed here.

    Under each name stands a box for each entry, in rows and columns, then the shape.

    Parameters
    ----------
    factors : dict of array_like
        Numbers, vectors (columns) and matrices, with at most 6 rows and columns, such
        that each can be multiplied by the next. A number multiplies whatever follows.
    result : str
        What their product is called.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.
    colors : dict of str, optional
        For a factor, or for the result, "G" or "D": that player's colour.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No factor, one with more entries than can be read, or two that cannot be
        multiplied.

    Gradient: none; reads numbers.
    """
    shown = {name: _as_matrix(name, value) for name, value in factors.items()}
    if not shown:
        raise ValueError("no factor to draw; expected one at least")
    shown[result] = reduce(_times, shown.items(), ("1", np.ones((1, 1))))[1]
    rows = max(matrix.shape[0] for matrix in shown.values())
    height = 2 * EDGE + 2 * NAME + rows * CELL
    widths = {name: _width(name, matrix) for name, matrix in shown.items()}
    ax = card(2 * EDGE + sum(widths.values()) + SIGN * (len(shown) - 1), height, ax)
    left, middle = EDGE, EDGE + NAME + rows * CELL / 2
    for place, (name, matrix) in enumerate(shown.items()):
        if place:
            sign = "=" if name == result else "×"
            write(ax, left + SIGN / 2, middle, sign, 18.0)
            left += SIGN
        center = left + widths[name] / 2
        role = (colors or {}).get(name, "other")
        _draw_entries(ax, matrix, center, middle, role)
        write(ax, center, EDGE + NAME / 2 - 4, name, TEXT, weight="bold")
        shape = "×".join(map(str, matrix.shape))
        write(ax, center, height - EDGE - NAME / 2 + 4, shape, 12, color=COLORS["soft"])
        left += widths[name]
    return ax


def _as_matrix(name: str, value: Any) -> np.ndarray:
    """A number as 1×1, a vector as a column."""
    found = np.asarray(value, dtype=float)
    if found.ndim > 2 or not found.size or max(found.shape, default=1) > MOST:
        raise ValueError(
            f"the factor {name!r} has the shape {found.shape}; expected a number, a "
            f"vector or a matrix with at most {MOST} rows and columns"
        )
    return found.reshape(len(found) if found.ndim else 1, -1)


def _times(
    a: tuple[str, np.ndarray], b: tuple[str, np.ndarray]
) -> tuple[str, np.ndarray]:
    """The product of two, a number with anything."""
    (left, first), (right, second) = a, b
    if first.size == 1 or second.size == 1:
        return right, first * second
    if first.shape[1] != second.shape[0]:
        raise ValueError(
            f"{left!r} has the shape {first.shape}, {right!r} has {second.shape}; "
            "expected as many rows in the second as columns in the first"
        )
    return right, first @ second


def _say(entry: float) -> str:
    """Three digits, with a minus sign."""
    return f"{entry:.3g}".replace("-", "−")


def _cell(matrix: np.ndarray) -> float:
    """Px across one entry."""
    longest = max(len(_say(entry)) for entry in matrix.flat)
    return max(CELL, LETTER * longest + STRIPE + 8)


def _width(name: str, matrix: np.ndarray) -> float:
    """Px that a factor needs: its entries, or its name."""
    return max(_cell(matrix) * matrix.shape[1], LETTER * len(name) + 10)


def _draw_entries(
    ax: Axes, matrix: np.ndarray, center: float, middle: float, role: str
) -> None:
    """A box for each entry, around a point, with the player's stripe at the left."""
    (rows, columns), wide = matrix.shape, _cell(matrix)
    left, top = center - columns * wide / 2, middle - rows * CELL / 2
    look = {"facecolor": TINTS[role], "edgecolor": COLORS[role], "linewidth": 1.2}
    for (row, column), entry in np.ndenumerate(matrix):
        x, y = left + column * wide, top + row * CELL
        block(ax, x, y, wide, CELL, corner=0, **look)
        beside = STRIPE / 2 if not column else 0
        write(ax, x + wide / 2 + beside, y + CELL / 2, _say(entry), TEXT)
    band = {"facecolor": COLORS[role], "edgecolor": TINTS[role], "linewidth": 0}
    block(ax, left, top, STRIPE, rows * CELL, corner=0, hatch=STRIPES[role], **band)
