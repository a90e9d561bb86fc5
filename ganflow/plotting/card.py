"""A sheet of paper to draw on in px: a figure reads on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from ganflow.page import CYCLE

COLORS = {
    "G": CYCLE[0],
    "D": CYCLE[1],
    "other": "#00664B",
    "cut": "#5F666E",
    "beyond": "#8B9199",
    "ink": "#23262B",
    "soft": "#565B63",
    "paper": "#FFFEFB",
    "shade": "#F5F2EA",
}
TINTS = {"G": "#EDF5FA", "D": "#FDF3EB", "other": "#EBF3F0", "": COLORS["paper"]}
HATCH = {"G": "", "D": "//////", "other": "..."}
STRIPES = HATCH | {"other": ""}  # of narrow bands; dots weigh kilobytes
# For runs that are no player's: the book's colours after the players' two, and more.
RUNS = (*CYCLE[2:], COLORS["ink"], COLORS["beyond"])
PX = 96  # px of a page in one inch of a figure


def card(width: float, height: float, ax: Axes | None) -> Axes:
    """Axes whose data are px of a card of paper, y down.

    Parameters
    ----------
    width : float
        px.
    height : float
        px.
    ax : Axes or None
        Filled as far as the card's shape lets it be; None makes a new figure.

    Returns
    -------
    Axes
    """
    if ax is None:
        size = (width / PX, height / PX)
        # Not "none", for which `savefig` puts back the default of the style.
        still = PlaceHolderLayoutEngine(adjust_compatible=True, colorbar_gridspec=True)
        figure = plt.figure(figsize=size, layout=still, facecolor="none")
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
    ax.add_artist(paper)
    return ax


def write(
    ax: Axes,
    x: float,
    y: float,
    words: str,
    size: float,
    *,
    ha: str = "center",
    **look: Any,
) -> PathPatch:
    """Words around a place of the card; they scale with the card.

    Parameters
    ----------
    ax : Axes
        A card.
    x : float
        px.
    y : float
        px, downwards.
    words : str
    size : float
        Height in px.
    ha : str
        "center", or "left" of which x is the left end.
    look : str
        color, family, weight, style and what else `FontProperties` takes.

    Returns
    -------
    PathPatch
    """
    color = look.pop("color", COLORS["ink"])
    family = look.pop("family", "DejaVu Sans")
    font = FontProperties(family=family, **look)
    letters = TextPath((0, 0), words, size=size, prop=font)
    across = letters.vertices[letters.codes != Path.CLOSEPOLY, 0]
    left = x - across.max() / 2 if ha == "center" else x
    down = Affine2D().scale(1, -1).translate(left, y + 0.36 * size)
    patch = PathPatch(down.transform_path(letters), linewidth=0, zorder=6)
    patch.set(facecolor=color, gid=f"words {words}")
    ax.add_artist(patch)  # not add_patch: the card's limits are set already
    return patch


def block(
    ax: Axes,
    left: float,
    top: float,
    width: float,
    height: float,
    *,
    corner: float,
    **look: Any,
) -> FancyBboxPatch:
    """A filled rectangle.

    Parameters
    ----------
    ax : Axes
        A card.
    left : float
        px.
    top : float
        px, downwards.
    width : float
        px.
    height : float
        px.
    corner : float
        Radius of its corners, px.
    look : object
        What `FancyBboxPatch` takes.

    Returns
    -------
    FancyBboxPatch
    """
    style = f"round,pad=0,rounding_size={corner}" if corner else "square,pad=0"
    patch = FancyBboxPatch((left, top), width, height, boxstyle=style, zorder=4, **look)
    ax.add_artist(patch)
    return patch


def line(ax: Axes, points: Sequence[tuple[float, float]], **look: Any) -> PathPatch:
    """A line through points, by curves that leave and arrive upright.

    Parameters
    ----------
    ax : Axes
        A card.
    points : sequence of (float, float)
        px, y downwards.
    look : object
        What `PathPatch` takes.

    Returns
    -------
    PathPatch
    """
    codes, corners = [Path.MOVETO], [points[0]]
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        middle = (y0 + y1) / 2
        codes += [Path.CURVE4] * 3
        corners += [(x0, middle), (x1, middle), (x1, y1)]
    patch = PathPatch(Path(corners, codes), fill=False, zorder=2, **look)
    ax.add_artist(patch)
    return patch


def cross(ax: Axes, x: float, y: float, arm: float, **look: Any) -> None:
    """The mark of a cut.

    Parameters
    ----------
    ax : Axes
        A card.
    x : float
        px.
    y : float
        px, downwards.
    arm : float
        Half of its width, px.
    look : object
        What `Axes.plot` takes.
    """
    for slope in (1, -1):
        ax.plot(
            (x - arm, x + arm),
            (y - slope * arm, y + slope * arm),
            "-",
            zorder=7,
            **look,
        )
