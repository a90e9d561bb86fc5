"""Draw the paths of a game of two numbers: who moved it, and how far from the goal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ganflow.page import LINES
from ganflow.plotting.card import COLORS, RUNS
from ganflow.records.history import History

Field = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
SAYS = {"G": "G moves", "D": "D moves", "both": "both at once"}
INKS = {"G": COLORS["G"], "D": COLORS["D"], "both": COLORS["ink"]}
WIDE, SIDE = 7.5, 9  # inches of a figure; arrows of the field along a side


def draw_paths(paths: Mapping[str, History], field: Field | None = None) -> np.ndarray:
    """Draw each path over theta and psi, in a panel of its own, coloured by who moved.

    A step in which theta alone has changed is G's, one in which psi alone has is D's;
    a run recorded after every turn shows both. A dot marks the start, a cross the goal
    at (0, 0). All panels have the same reach.

    Parameters
    ----------
    paths : dict of str to History
        Runs of a game by the titles of their panels, from left to right.
    field : callable, optional
        (theta, psi) -> (v_theta, v_psi), arrays: drawn as grey arrows of one length.

    Returns
    -------
    array of Axes
        One for each path.

    Raises
    ------
    ValueError
        No path, or one that is not finite.

    Gradient: none; reads records.
    """
    reach = 1.15 * _reach(paths)
    size = (WIDE, 1.1 + WIDE / max(len(paths), 2))
    row = {"sharex": True, "sharey": True, "squeeze": False, "figsize": size}
    figure, axes = plt.subplots(1, len(paths), **row)
    drawn: list[str] = []
    for ax, (title, path) in zip(axes[0], paths.items(), strict=True):
        if field is not None:
            _draw_field(ax, field, 0.95 * reach)
        drawn += _draw_steps(ax, path)
        ax.plot(0, 0, "+", color=COLORS["ink"], markersize=11, markeredgewidth=2)
        ax.plot(path.theta[0], path.psi[0], "o", color=COLORS["ink"], markersize=7)
        ax.set(title=title, xlabel=r"$\theta$, G's fakes", aspect="equal")
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes[0, 0].set_ylabel(r"$\psi$, the slope of D")
    keys = [Line2D([], [], color=INKS[who], label=SAYS[who]) for who in SAYS]
    shown = [key for key, who in zip(keys, SAYS, strict=True) if who in drawn]
    figure.legend(handles=shown, loc="outside lower center", ncols=len(shown))
    return axes[0]


def _reach(paths: Mapping[str, History]) -> float:
    """The largest number of all paths, if there is one."""
    if not paths:
        raise ValueError("paths is empty; expected one run of a game at least")
    for title, path in paths.items():
        if path.diverged is not None:
            raise ValueError(
                f"the path {title!r} is not finite from tick {path.diverged} on; "
                "play fewer ticks"
            )
    ends = [abs(each).max() for p in paths.values() for each in (p.theta, p.psi)]
    return float(max(ends)) or 1.0


def _draw_field(ax: Axes, field: Field, reach: float) -> None:
    theta, psi = np.meshgrid(*[np.linspace(-reach, reach, SIDE)] * 2)
    v_theta, v_psi = field(theta, psi)
    speed = np.hypot(v_theta, v_psi)
    speed = np.where(speed == 0, 1, speed)
    arrows = (v_theta / speed, v_psi / speed)
    ax.quiver(theta, psi, *arrows, color=COLORS["beyond"], alpha=0.5, zorder=1)


def _draw_steps(ax: Axes, path: History) -> list[str]:
    """Draw the steps of each mover as one line with gaps; return who moved."""
    moved = {"G": np.diff(path.theta) != 0, "D": np.diff(path.psi) != 0}
    both = moved["G"] & moved["D"]
    steps = {who: moved[who] & ~both for who in "GD"} | {"both": both}
    for who, of_who in steps.items():
        where = np.flatnonzero(of_who)
        gaps = np.full(len(where), np.nan)
        across, up = (
            np.stack([series[where], series[where + 1], gaps], axis=1).ravel()
            for series in (path.theta, path.psi)
        )
        ax.plot(across, up, "-", marker=".", color=INKS[who], gid=f"steps of {who}")
    return [who for who, of_who in steps.items() if of_who.any()]


def draw_radii(
    panels: Mapping[str, Mapping[str, History]],
    *,
    log: bool = True,
    least: float | None = None,
) -> np.ndarray:
    """Draw how far runs of a game are from (0, 0), tick by tick.

    Parameters
    ----------
    panels : dict of str to dict of str to History
        For each panel, by its title, the runs by their names. A name has one look in
        all panels.
    log : bool, default True
        Whether the distance is on a logarithmic scale.
    least : float, optional
        Where the scale ends below.

    Returns
    -------
    array of Axes
        One for each panel.

    Raises
    ------
    ValueError
        No panel, or more names than there are looks.

    Gradient: none; reads records.
    """
    names = list(dict.fromkeys(name for runs in panels.values() for name in runs))
    if not 0 < len(names) <= len(RUNS):
        raise ValueError(f"the runs are {names}; expected 1 to {len(RUNS)} of them")
    row = {"sharey": True, "squeeze": False, "figsize": (WIDE, 3.9)}
    figure, axes = plt.subplots(1, len(panels), **row)
    look = {
        name: {"color": RUNS[i], "linestyle": LINES[i], "label": name}
        for i, name in enumerate(names)
    }
    for ax, (title, runs) in zip(axes[0], panels.items(), strict=True):
        for name, path in runs.items():
            ax.plot(path.tick, path.radius, **look[name])
        ax.set(title=title, xlabel="ticks", yscale="log" if log else "linear")
        ax.set_ylim(bottom=least)
    axes[0, 0].set_ylabel("distance from the goal")
    keys = [Line2D([], [], **look[name]) for name in names]
    figure.legend(handles=keys, loc="outside lower center", ncols=min(3, len(keys)))
    return axes[0]
