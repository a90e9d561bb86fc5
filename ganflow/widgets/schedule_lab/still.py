"""The lab as it opens, as a still picture for where nothing can be played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganflow.dynamics import play
from ganflow.page import INK
from ganflow.plotting import COLORS
from ganflow.sweeps import GameSetting
from ganflow.widgets.schedule_lab.choices import growth_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ganflow.records.history import History

SIDE = 13  # arrows of the field along a side
QUIET = "#8B9199"


def still(setting: GameSetting, tick: int, ticks: int) -> Figure:
    """The path over the field, the eigenvalues of a tick, the radius.

    Parameters
    ----------
    setting : GameSetting
    tick : int
        Where the path ends.
    ticks : int
        Where the radius ends.

    Returns
    -------
    Figure

    Gradient: `play`'s; and a whole tick is differentiated, cutting nothing.
    """
    from matplotlib.figure import Figure

    players, rules = setting.players(), setting.rules()
    run = play(players, setting.schedule, rule=rules, ticks=ticks, each_turn=True)
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplot_mosaic([["path", "circle"], ["path", "radius"]])
    _draw_path(axes["path"], setting, run, tick)
    _draw_circle(axes["circle"], growth_of(setting))
    whole = run.turn == 0
    axes["radius"].plot(run.tick[whole], run.radius[whole], color=INK)
    axes["radius"].set(title="radius", xlabel="tick")
    return figure


def _draw_path(ax: Axes, setting: GameSetting, run: History, tick: int) -> None:
    shown = (run.tick < tick) | ((run.tick == tick) & (run.turn == 0))
    theta, psi = run.theta[shown], run.psi[shown]
    size = 1.2 * max(abs(theta).max(), abs(psi).max())
    grid = np.meshgrid(*[np.linspace(-size, size, SIDE)] * 2)
    v_theta, v_psi = setting.players().game.field(*grid)
    speed = np.hypot(v_theta, v_psi)
    speed[speed == 0] = 1
    ax.quiver(*grid, v_theta / speed, v_psi / speed, color=QUIET, alpha=0.5)
    ax.plot(theta, psi, color=INK)
    ax.plot(theta[0], psi[0], "o", color=INK)
    ax.set_xlabel(r"$\theta$, where G puts its fakes", color=COLORS["G"])
    ax.set_ylabel(r"$\psi$, the slope of D", color=COLORS["D"])
    ax.set(title=f"path, {tick} ticks of {setting.schedule.text}", aspect="equal")


def _draw_circle(ax: Axes, roots: np.ndarray) -> None:
    turn = np.linspace(0, 2 * np.pi, 200)
    ax.plot(np.cos(turn), np.sin(turn), color=QUIET, linewidth=1)
    ax.plot(np.real(roots), np.imag(roots), "o", color=INK)
    ax.set(title="eigenvalues of one tick", aspect="equal")
