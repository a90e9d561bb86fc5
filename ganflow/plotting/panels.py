"""Small figures of one kind side by side: what each run did, what each sample is."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from ganflow.check import whole
from ganflow.plotting.amounts import draw_dots
from ganflow.plotting.card import COLORS

WIDTH, ROW = 6.8, 0.34  # inches: what a page is wide, what a row of dots is high
STEPS = (1, 2, 4, 5, 10)  # of the numbers along an axis: eight modes are two fours
SMALL = 11  # points: the title of a panel


def draw_runs(
    runs: Mapping[str, ArrayLike], ticks: ArrayLike, unit: str, *, columns: int = 3
) -> list[Axes]:
    """Draw how every seed fared under each setting, and the median of the seeds.

    A panel for each setting, a thin line for each of its seeds, a thick one for the
    median at each tick. All panels have one scale.

    Parameters
    ----------
    runs : dict of name -> array-like (seeds, ticks)
        What was measured.
    ticks : array-like (ticks,)
        When.
    unit : str
        What was measured, in words: it stands beside the axis.
    columns : int, default 3
        >= 1, panels in a row at most.

    Returns
    -------
    list of Axes
        One for each setting, in order.

    Raises
    ------
    ValueError
        No runs, or runs that were not measured once at each of the ticks.

    Gradient: none; reads numbers.
    """
    at = np.asarray(ticks)
    seeds = {name: np.asarray(values, dtype=float) for name, values in runs.items()}
    for name, values in seeds.items():
        if values.ndim != 2 or not len(values) or values.shape[1:] != at.shape:
            raise ValueError(
                f"the runs of {name!r} have the shape {values.shape}; expected a row "
                f"for each seed, with {at.size} ticks"
            )
    figure, panels = _panels(list(seeds), columns, wide=3.4, high=1.9)
    panels[0].locator_params(axis="y", nbins=4, steps=STEPS)  # and so for all
    for ax, values in zip(panels, seeds.values(), strict=True):
        for line in values:
            ax.plot(at, line, "-", color=COLORS["cut"], linewidth=0.8)
        median = np.median(values, axis=0)
        ax.plot(at, median, "-", color=COLORS["G"], linewidth=3)
    figure.supxlabel("ticks")
    figure.supylabel(unit)
    return panels


def draw_comparison(
    measured: Mapping[str, Mapping[str, ArrayLike]],
    notes: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Axes]:
    """Draw a dot for each seed of each setting, a panel for each thing measured.

    The settings are rows, with a bar at their median, and have their names once, at the
    left.

    Parameters
    ----------
    measured : dict of dict of array-like (seeds,)
        For each thing that was measured, in words, its value for each setting and seed.
    notes : dict of dict of str, optional
        For each of these things, words at the right of a setting's row.

    Returns
    -------
    list of Axes
        One for each thing measured, in order.

    Raises
    ------
    ValueError
        Nothing measured, or not of the same settings.

    Gradient: none; reads numbers.
    """
    kinds = {what: list(rows) for what, rows in measured.items()}
    names = next(iter(kinds.values()), [])
    if not names or any(each != names for each in kinds.values()):
        raise ValueError(f"measured has {kinds}; expected the same settings for each")
    size = (WIDTH, ROW * len(names) + 1)
    figure, axes = plt.subplots(1, len(kinds), figsize=size, sharey=True, squeeze=False)
    for ax, (what, rows) in zip(axes[0], measured.items(), strict=True):
        draw_dots({name: list(np.ravel(rows[name])) for name in names}, what, ax)
        ax.locator_params(axis="x", nbins=4, steps=STEPS)
        if min(np.min(rows[name]) for name in names) >= 0:
            ax.set_xlim(left=min(0, ax.get_xlim()[0]))
        for row, name in enumerate(names):
            said = (notes or {}).get(what, {}).get(name, "")
            place = {"xycoords": ("axes fraction", "data"), "va": "center"}
            ax.annotate(said, (1.02, row), fontsize=SMALL - 2, **place)
    return list(axes[0])


def draw_clouds(
    clouds: Mapping[str, ArrayLike], *, reach: float, columns: int = 3
) -> list[Axes]:
    """Draw samples of the plane, a panel for each kind, all to one scale.

    The first cloud is the one that the others are to be held against: it is grey.

    Parameters
    ----------
    clouds : dict of name -> array-like (samples, 2)
        A name may have several lines.
    reach : float
        > 0, each panel shows [-reach, reach] both ways.
    columns : int, default 3
        >= 1, panels in a row at most.

    Returns
    -------
    list of Axes
        One for each cloud, in order.

    Raises
    ------
    ValueError
        No clouds, or points that are not of the plane.

    Gradient: none; reads numbers.
    """
    points = {name: np.asarray(cloud, dtype=float) for name, cloud in clouds.items()}
    for name, cloud in points.items():
        if cloud.ndim != 2 or cloud.shape[1] != 2:
            raise ValueError(
                f"the cloud {name!r} has the shape {cloud.shape}; expected (samples, 2)"
            )
    _, panels = _panels(list(points), columns, wide=2.5, high=2.4)
    for number, (ax, cloud) in enumerate(zip(panels, points.values(), strict=True)):
        color = COLORS["G"] if number else COLORS["cut"]
        look = {"linestyle": "", "marker": ".", "markersize": 3, "rasterized": True}
        ax.plot(*cloud.T, color=color, **look)  # thousands of points: one picture
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        ax.set(xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    return panels


def _panels(
    names: list[str], columns: int, *, wide: float, high: float
) -> tuple[Figure, list[Axes]]:
    """A figure with axes of one scale under these names, `columns` in a row."""
    if not names:
        raise ValueError("nothing to draw: expected at least one name with its numbers")
    columns = min(whole("columns", columns, least=1), len(names))
    rows = -(-len(names) // columns)
    lines = max(name.count("\n") for name in names)
    size = (min(WIDTH, wide * columns + 0.4), rows * (high + 0.2 * lines) + 0.3)
    figure, grid = plt.subplots(
        rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for spare in grid.flat[len(names) :]:
        figure.delaxes(spare)
    panels = list(grid.flat[: len(names)])
    for ax, name in zip(panels, names, strict=True):
        ax.set_title(name, fontsize=SMALL)
    return figure, panels
