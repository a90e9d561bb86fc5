"""Draw amounts by name: a bar for each, or a dot for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from ganflow.plotting.card import COLORS

ROW, FRAME, WIDTH = 0.36, 0.9, 7.5  # inches: of a name, around all, across
LONG = 24  # letters of a name that is written smaller
KINDS = ("G", "D", "other", "beyond")  # colours of kinds that have none of their own
HATCHES = {"D": "///", "other": "xx"}
SPREAD = 0.25  # rows: how far from its middle a dot may lie


def draw_bars(
    amounts: Mapping[str, float | Mapping[str, float]],
    label: str,
    ax: Axes | None = None,
    *,
    colors: Mapping[str, str] | None = None,
) -> Axes:
    """Draw a bar for each name, or one that is cut into kinds, with its total.

    Parameters
    ----------
    amounts : dict of float, or dict of dict of float
        For each name, from top to bottom, how much, >= 0; or how much of each kind.
    label : str
        What is counted, with its unit.
    ax : Axes, optional
        Where to draw; a new figure, tall enough for all names, if None.
    colors : dict of str, optional
        For each kind one of `COLORS`; those without one take G, D, other and beyond in
        turn. A bar that is not cut is of the kind "".

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No name, a name without an amount, or one that is below 0 or not finite.

    Gradient: none; reads numbers.
    """
    cut = {
        name: dict(parts) if isinstance(parts, Mapping) else {"": parts}
        for name, parts in amounts.items()
    }
    _refuse_no_name(cut)
    for name, parts in cut.items():
        if not parts or not all(0 <= part < np.inf for part in parts.values()):
            raise ValueError(f"{name!r} has {parts}; expected amounts of at least 0")
    kinds = list(dict.fromkeys(kind for parts in cut.values() for kind in parts))
    ours, named = ax is None, kinds != [""]
    ax = _rows(cut, label, ax, legend=named)
    total = np.zeros(len(cut))
    chosen, others = colors or {}, cycle(KINDS)
    for kind in kinds:
        color = chosen.get(kind) or ("other" if not kind else next(others))
        wide = np.array([float(parts.get(kind, 0)) for parts in cut.values()])
        look = {
            "edgecolor": COLORS["paper"],
            "hatch": HATCHES.get(color if kind else ""),
        }
        bars = ax.barh(
            range(len(cut)), wide, left=total, color=COLORS[color], label=kind, **look
        )
        total += wide
    ax.bar_label(bars, [_say(all_of) for all_of in total], padding=4)
    ax.margins(x=0.12)
    if named and ours:  # beside the axes, which long names make narrow
        ax.figure.legend(loc="outside upper center", ncols=len(kinds))
    elif named:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(kinds))
    return ax


def draw_dots(
    runs: Mapping[str, Sequence[float]],
    label: str,
    ax: Axes | None = None,
    *,
    log: bool = False,
    mark: float | None = None,
) -> Axes:
    """Draw a dot for each run of each name, and a bar at their median.

    Parameters
    ----------
    runs : dict of sequence of float
        For each name, from top to bottom, a number for each run. One that is not a
        number is left out, and the name says how many are.
    label : str
        What the numbers are, with their unit.
    ax : Axes, optional
        Where to draw; a new figure, tall enough for all names, if None.
    log : bool, default False
        A logarithmic axis.
    mark : float, optional
        A number to compare with, drawn as a dashed line through all names.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No name, or a name without a number.

    Gradient: none; reads numbers.
    """
    seen = {name: np.asarray(values, float) for name, values in runs.items()}
    _refuse_no_name(seen)
    kept = {name: values[np.isfinite(values)] for name, values in seen.items()}
    for name, values in kept.items():
        if not values.size:
            raise ValueError(
                f"{name!r} has no run with a number; expected one at least"
            )
    names = [
        f"{name} ({lost} not finite)"
        if (lost := len(seen[name]) - len(values))
        else name
        for name, values in kept.items()
    ]
    ax = _rows(names, label, ax)
    if log:
        ax.set_xscale("log")
    if mark is not None:
        ax.axvline(mark, color=COLORS["cut"], linestyle="--", linewidth=1.2, zorder=1)
    for row, values in enumerate(kept.values()):
        places = row + (
            np.linspace(-SPREAD, SPREAD, values.size) if values.size > 1 else 0
        )
        ax.plot(values, places, "o", color=COLORS["ink"], markersize=4, alpha=0.6)
        middle = float(np.median(values))
        ax.plot(
            [middle, middle],
            [row - 0.38, row + 0.38],
            "-",
            color=COLORS["D"],
            linewidth=3,
            solid_capstyle="butt",
        )
    if log:
        _mark_powers(ax)
    return ax


def _say(amount: float) -> str:
    """A whole number whole, another by three digits."""
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.3g}"


def _mark_powers(ax: Axes) -> None:
    """Numbers along a logarithmic axis that lie apart, whatever its length."""
    least, most = ax.get_xlim()
    between = (1.0,) if most > 300 * least else (1.0, 2.0, 5.0)
    ax.xaxis.set_major_locator(LogLocator(subs=between))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))


def _refuse_no_name(rows: Mapping[str, object]) -> None:
    """Nothing to draw is a mistake."""
    if not rows:
        raise ValueError("no name to draw; expected one at least")


def _rows(
    names: Sequence[str] | Mapping[str, object],
    label: str,
    ax: Axes | None,
    *,
    legend: bool = False,
) -> Axes:
    """Axes with a row for each name, the first on top."""
    names = list(names)
    if ax is None:
        height = ROW * len(names) + FRAME + (0.35 if legend else 0)
        _, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel=label)
    ax.set_ylim(len(names) - 0.5, -0.5)
    size = "small" if max(map(len, names)) > LONG else "medium"
    ax.tick_params(axis="y", length=0, labelsize=size)
    return ax
