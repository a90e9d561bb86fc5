"""How far right in its row each box lies, and each line that passes the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from ganflow.layout.rows import SIDE, Ways

ROUNDS = 16


def coordinates(rows: list[list], ways: Ways, width: Mapping, column: float) -> dict:
    """The x of every stop: near the middle of its neighbours, in order, apart.

    Parameters
    ----------
    rows : list of list
        Stops from left to right, as `in_rows` gives them.
    ways : dict
        The stops of each link, as `in_rows` gives them.
    width : mapping
        Of each stop, px.
    column : float
        px that a row may take.

    Returns
    -------
    dict
        By stop, px.
    """
    above: dict = {stop: [] for row in rows for stop in row}
    below: dict = {stop: [] for row in rows for stop in row}
    for way in ways.values():
        for low, high in pairwise(way):
            above[low].append(high)
            below[high].append(low)
    x = dict.fromkeys(above, column / 2)
    for turn in range(ROUNDS):
        near, order = (below, rows) if turn % 2 else (above, rows[::-1])
        for row in order:
            want = [np.mean([x[n] for n in near[s]] or [x[s]]) for s in row]
            weight = [1.0 if width[s] > 0 else 3.0 for s in row]
            x.update(
                zip(
                    row,
                    _apart(want, weight, [width[s] for s in row], column),
                    strict=True,
                )
            )
    return x


def _apart(
    want: Sequence, weight: Sequence, width: Sequence, column: float
) -> np.ndarray:
    """The nearest places to `want` that keep order and distance, inside the column.

    Least squares with an order is pooling of neighbours (isotonic regression).
    """
    wide = np.asarray(width)
    offset = np.concatenate([[0.0], np.cumsum((wide[1:] + wide[:-1]) / 2 + SIDE)])
    pools: list[list[float]] = []  # mean, weight, members
    for target, w in zip(np.asarray(want) - offset, weight, strict=True):
        pools.append([target, w, 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (a, v, n), (b, u, m) = pools[-2:]
            pools[-2:] = [[(a * v + b * u) / (v + u), v + u, n + m]]
    fitted = np.concatenate([[mean] * int(n) for mean, _, n in pools])
    room = max(wide[0] / 2, column - wide[-1] / 2 - offset[-1])
    return np.clip(fitted, wide[0] / 2, room) + offset
