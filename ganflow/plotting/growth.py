"""Draw by which factor a tick grows, against a number that one may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ganflow.page import LINES
from ganflow.plotting.card import COLORS, RUNS


def draw_growth(
    at: Sequence[float] | np.ndarray,
    curves: Mapping[str, Sequence[float] | np.ndarray],
    ax: Axes | None = None,
    *,
    label: str,
) -> Axes:
    """Draw growth in a tick: above the line at 1 the players leave, below they arrive.

    Parameters
    ----------
    at : array (n,)
        The numbers that were tried, in order.
    curves : dict of str to array (n,)
        For each name the growth at each of them, >= 0.
    ax : Axes, optional
        Where to draw; a new figure if None.
    label : str
        What `at` is.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No curve, more than there are colours, or one of another length.

    Gradient: none; reads numbers.
    """
    if not 0 < len(curves) <= len(RUNS):
        raise ValueError(f"there are {len(curves)} curves; expected 1 to {len(RUNS)}")
    for name, curve in curves.items():
        if len(curve) != len(at):
            raise ValueError(
                f"the curve {name!r} has {len(curve)} numbers; expected {len(at)}, one "
                "for each number that was tried"
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(7.0, 3.6))
    for i, (name, curve) in enumerate(curves.items()):
        ax.plot(at, curve, label=name, color=RUNS[i], linestyle=LINES[i])
    ax.axhline(1, color=COLORS["ink"], linewidth=1, linestyle="-", zorder=1)
    numbers = np.concatenate([[1.0], *map(np.ravel, curves.values())])
    least, most = numbers.min(), numbers.max()
    margin = 0.12 * (most - least) or 0.02
    ax.axhspan(0, 1, color=COLORS["other"], alpha=0.07, zorder=0)
    ax.set_ylim(least - margin, most + margin)
    for words, up in (("leaves", 9), ("arrives", -9)):  # beside the end of the line
        ax.annotate(
            words,
            xy=(1, 1),
            xycoords=("axes fraction", "data"),
            xytext=(4, up),
            textcoords="offset points",
            va="center",
            color=COLORS["soft"],
            fontstyle="italic",
        )
    ax.set(xlabel=label, ylabel="growth in a tick")
    if len(curves) > 1:
        ax.legend()
    return ax
