"""Draw lines that may lie on each other, so that each can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

WIDEST, THINNEST = 5.0, 1.5  # points
PALE = 0.5  # alpha of the lowest line
FEW = 12  # up to so many numbers, each has a mark
MARKS = "osd^vP"
WIDTH, FIRST, FURTHER = 6.4, 3.5, 1.7  # inches: the figure's, and its panels' heights

Lines = Mapping[str, ArrayLike]


def draw_lines(
    lines: Lines | Mapping[str, Lines],
    across: str,
    up: str,
    *,
    at: Sequence[float] | Sequence[str] | None = None,
    log: bool = False,
) -> list[Axes]:
    """Draw lines, each thinner and darker than the one before: all can be seen.

    Panels stand below each other, for a narrow page. All have the lines of the same
    names, which one legend explains.

    Parameters
    ----------
    lines : dict of array, or dict of dict of array
        For each line, its numbers; or that for each panel, by the panel's title.
    across : str
        What the horizontal axis shows.
    up : str
        What the vertical axis shows.
    at : sequence of float or of str, optional
        Where the numbers lie on the horizontal axis, as numbers or equally spaced
        words; 0, 1, 2, … if None.
    log : bool, default False
        Make the vertical axis logarithmic.

    Returns
    -------
    list of Axes
        One for each panel.

    Raises
    ------
    ValueError
        No line, panels that differ in their lines, or a line that is no row of
        numbers, one for each place of `at`.

    Gradient: none; reads numbers.
    """
    panels = _panels(lines)
    names = list(next(iter(panels.values())))
    widths = np.linspace(WIDEST, THINNEST, len(names)) if names[1:] else [2.0]
    strengths = np.linspace(PALE, 1.0, len(names)) if names[1:] else [1.0]
    size = (WIDTH, FIRST + FURTHER * (len(panels) - 1))
    figure, axes = plt.subplots(
        len(panels), figsize=size, squeeze=False, layout="constrained"
    )
    for ax, (title, panel) in zip(axes[:, 0], panels.items(), strict=True):
        for (name, numbers), width, alpha, mark in zip(
            panel.items(), widths, strengths, MARKS * len(names), strict=False
        ):
            x, y = _row(name, numbers, at)
            few = {"marker": mark, "markersize": width + 4} if len(y) <= FEW else {}
            ax.plot(x, y, label=name, linewidth=width, alpha=alpha, **few)
        ax.set_title(title, fontsize="medium", loc="left")
        ax.set_yscale("log" if log else "linear")
    figure.supxlabel(across)
    figure.supylabel(up)
    if names[1:]:
        _explain(figure, axes[0, 0], names)
    return list(axes[:, 0])


def _explain(figure: Figure, ax: Axes, names: list[str]) -> None:
    """The legend, with as many names beside each other as have room."""
    for beside in range(min(3, len(names)), 0, -1):
        keys = ax.get_legend_handles_labels()
        legend = figure.legend(*keys, ncols=beside, loc="outside upper center")
        if beside == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()


def _panels(lines: Lines | Mapping[str, Lines]) -> dict[str, Lines]:
    """The panels, of which a plain dict of lines is one without a title."""
    values = list(lines.values())
    nested = bool(values) and all(isinstance(each, Mapping) for each in values)
    panels = cast(dict[str, Lines], dict(lines) if nested else {"": lines})
    names = {title: list(panel) for title, panel in panels.items()}
    if not all(names.values()) or len({*map(tuple, names.values())}) > 1:
        raise ValueError(
            f"the panels have the lines {names}; expected in each the same lines, and "
            "one at least"
        )
    return panels


def _row(
    name: str, numbers: ArrayLike, at: Sequence[float] | Sequence[str] | None
) -> tuple[Sequence[float] | Sequence[str], np.ndarray]:
    """Where a line's numbers lie, and the numbers."""
    y = np.asarray(numbers, dtype=float)
    wanted = np.shape(y)[:1] if at is None else (len(at),)
    if y.ndim != 1 or y.shape != wanted or not y.size:
        raise ValueError(
            f"the line {name!r} has the shape {y.shape}; expected a row of numbers"
            + ("" if at is None else f", one for each of {len(at)} places")
        )
    return range(len(y)) if at is None else at, y
