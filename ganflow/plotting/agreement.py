"""Draw numbers against those that they should be: where both agree is a line."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ganflow.plotting.card import COLORS

WIDTH, HEIGHT = 7.2, 3.4  # inches
MARKS = "os^dvP"


def draw_agreement(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    expected: str,
    found: str,
) -> list[Axes]:
    """Draw a dot for each number, a panel for each way in which they were found.

    A dot on the slanted line agrees with what was expected; one on the level of 0 is a
    number that was lost.

    Parameters
    ----------
    panels : dict of dict of (array, array)
        For each panel, by its title, and for each kind of number: what was expected and
        what was found, equally many.
    expected : str
        What the horizontal axis shows.
    found : str
        What the vertical axis shows.

    Returns
    -------
    list of Axes
        One for each panel.

    Raises
    ------
    ValueError
        No panel, panels of different kinds, more kinds than there are marks, or not as
        many numbers found as expected.

    Gradient: none; reads numbers.
    """
    kinds = {title: list(panel) for title, panel in panels.items()}
    names = next(iter(kinds.values()), [])
    if not 0 < len(names) <= len(MARKS) or any(k != names for k in kinds.values()):
        raise ValueError(
            f"the panels have the kinds {kinds}; expected the same in each, 1 to "
            f"{len(MARKS)}"
        )
    size = (WIDTH, HEIGHT)
    figure, axes = plt.subplots(
        1, len(panels), figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for ax, (title, panel) in zip(axes[0], panels.items(), strict=True):
        ax.axline((0, 0), slope=1, color=COLORS["ink"], linewidth=1, linestyle="-")
        for mark, (name, pair) in zip(MARKS, panel.items(), strict=False):
            x, y = (np.ravel(np.asarray(each, float)) for each in pair)
            if x.shape != y.shape:
                raise ValueError(
                    f"{name!r} of {title!r}: {y.size} numbers found, {x.size} expected"
                )
            ax.plot(x, y, mark, markersize=4, label=name)
        ax.set_title(title, fontsize="medium")
    figure.supxlabel(expected)
    figure.supylabel(found)
    keys = axes[0, 0].get_legend_handles_labels()
    figure.legend(*keys, ncols=len(names), loc="outside upper center")
    return list(axes[0])
