"""The lab as it opens, as a still picture for where no page can train."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from ganflow.data import Cloud, Mixture
from ganflow.plotting import COLORS
from ganflow.sweeps import GanSetting
from ganflow.widgets.mixture_lab.opening import REACH, SIDE, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def still(runs: dict[str, tuple[GanSetting, Picture]]) -> Figure:
    """Fakes over D's surface, of each run.

    Parameters
    ----------
    runs : dict of (GanSetting, Picture)
        By what they are called.

    Returns
    -------
    Figure

    Gradient: none.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots(1, len(runs))
    for ax, (name, (setting, picture)) in zip(axes, runs.items(), strict=True):
        _draw(ax, cast("Mixture | Cloud", setting.data), picture)
        tick = picture.mark["tick"]
        ax.set(title=f"{name}: tick {tick} of {setting.schedule.text}", aspect="equal")
    return figure


def _draw(ax: Axes, data: Mixture | Cloud, picture: Picture) -> None:
    along = np.linspace(-REACH, REACH, SIDE)
    scores = picture.scores.reshape(SIDE, SIDE)
    shades = [(*_rgb(COLORS["D"]), strength) for strength in np.linspace(0.03, 0.6, 10)]
    ax.contourf(along, along, scores, levels=10, colors=shades)
    points = data.centres if isinstance(data, Mixture) else data.points
    size = {"s": 400} if isinstance(data, Mixture) else {"s": 1}
    ax.scatter(*points.T, facecolors="none", edgecolors=COLORS["D"], **size)
    ax.scatter(*picture.samples.T, s=4, color=COLORS["G"])
    ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))


def _rgb(color: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(color)
