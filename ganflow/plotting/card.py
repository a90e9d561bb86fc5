"""A sheet of paper to draw on in px: a figure reads on a light and on a dark page."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

COLORS = {
    "G": "#0072B2",
    "D": "#D55E00",
    "other": "#00664B",
    "cut": "#5F666E",
    "beyond": "#8B9199",
    "ink": "#23262B",
    "soft": "#565B63",
    "paper": "#FFFEFB",
    "shade": "#F5F2EA",
}
TINTS = {"G": "#EDF5FA", "D": "#FDF3EB", "other": "#EBF3F0", "": COLORS["paper"]}
HATCH = {"G": "", "D": "//////", "other": "......"}
PX = 96  # px of a page in one inch of a figure


def card(width: float, height: float, ax: Axes | None) -> Axes:
    """Axes whose data are px of a card of paper, y down; a new figure if none is given.

    A given Axes is filled as far as the card's shape lets it be.
    """
    if ax is None:
        size = (width / PX, height / PX)
        figure = plt.figure(figsize=size, layout="none", facecolor="none")
        ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    paper = FancyBboxPatch(
        (5, 5),
        width - 10,
        height - 10,
        boxstyle="round,pad=4,rounding_size=8",
        facecolor=COLORS["paper"],
        edgecolor="none",
        zorder=0,
        gid="paper",
    )
    ax.add_patch(paper)
    return ax


def points_per_px(ax: Axes) -> float:
    """Points of type that one px of the card is wide, on these Axes."""
    box = ax.get_position().bounds[2] * ax.figure.get_size_inches()[0]
    tall = ax.get_position().bounds[3] * ax.figure.get_size_inches()[1]
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return 72 * min(box / (right - left), tall / (low - high))


def write(ax: Axes, x: float, y: float, words: str, size: float, **look) -> None:
    """Words at a place of the card; `size` in px."""
    look = {"ha": "center", "va": "center", "color": COLORS["ink"]} | look
    ax.text(x, y, words, fontsize=size * points_per_px(ax), zorder=6, **look)


def block(ax: Axes, left, top, width, height, *, corner: float, **look) -> PathPatch:
    """A filled rectangle, its corners rounded by `corner` px."""
    style = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
    patch = FancyBboxPatch((left, top), width, height, boxstyle=style, zorder=4, **look)
    return ax.add_patch(patch)


def line(ax: Axes, points, **look) -> PathPatch:
    """A line through points, by curves that leave and arrive upright."""
    codes, corners = [Path.MOVETO], [points[0]]
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        middle = (y0 + y1) / 2
        codes += [Path.CURVE4] * 3
        corners += [(x0, middle), (x1, middle), (x1, y1)]
    path = Path(corners, codes)
    return ax.add_patch(PathPatch(path, fill=False, zorder=2, **look))


def cross(ax: Axes, x: float, y: float, arm: float, **look) -> None:
    """The mark of a cut."""
    for slope in (1, -1):
        ax.plot(
            (x - arm, x + arm),
            (y - slope * arm, y + slope * arm),
            "-",
            zorder=7,
            **look,
        )
