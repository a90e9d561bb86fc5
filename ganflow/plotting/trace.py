"""Draw a derivative trace: what a backward pass walks, and what it never reaches."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from ganflow.layout import (
    TEXT,
    TITLE,
    Box,
    Link,
    Spot,
    Wire,
    label_of,
    lay_out,
    lines_of,
    role_of,
)
from ganflow.plotting.card import COLORS, HATCH, TINTS, block, card, cross, line, write
from ganflow.records import DerivativeTrace

STRIPE, ROW, NARROW = 9.0, 19.0, 430.0  # px; ROW and NARROW are the legend's
LINES = {
    "live": {"color": COLORS["ink"], "linewidth": 2.0, "linestyle": "-"},
    "cut": {"color": COLORS["cut"], "linewidth": 1.5, "linestyle": (0, (4, 3))},
    "beyond": {"color": COLORS["beyond"], "linewidth": 1.2, "linestyle": (0, (1, 2.5))},
}
SAYS = {
    "live": "the derivative travels here, against the values",
    "cut": "cut, and by what",
    "beyond": "never reached",
}


def draw_trace(
    trace: DerivativeTrace,
    fold: str | Mapping[str, str] = "layer",
    ax: Axes | None = None,
    *,
    name: str = "",
    legend: bool = True,
) -> Axes:
    """Draw a trace: values flow down to the loss, the derivative climbs up from it.

    G's boxes are round with a solid stripe, D's are square with a hatched one. Solid
    arrows show where the derivative goes, grey dashes with a cross where it is cut and
    by what, pale dots what is never reached. A box says how many `.grad` get filled.

    Parameters
    ----------
    trace : DerivativeTrace
        As a watch gives it.
    fold : str, or dict of network -> str, default "layer"
        "network", "layer" or "operation", for all networks or for each by name; the
        empty name is what runs outside every network.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.
    name : str
        What to call the root, "loss_D" for example; its own name if empty.
    legend : bool, default True
        Say below what those lines mean that are drawn.

    Returns
    -------
    Axes
        Its data are px, y down. `describe(trace)` says the same in words.

    Raises
    ------
    TypeError
        No trace, or a fold that is neither a word nor a dict.
    ValueError
        An unknown fold or network.

    Gradient: none; reads a record.
    """
    layout = lay_out(trace, fold, name=name)
    places, boxes = layout.places, layout.folded.boxes
    drawn = {link.state for link in layout.folded.links.values()}
    said = [state for state in SAYS if legend and state in drawn]
    width = max(places.width, NARROW if said else 0.0) + 16
    height = places.height + 16 + (ROW * (len(said) + 1) if said else 0.0)
    left = (width - places.width) / 2
    ax = card(width, height, ax)
    for pair, link in layout.folded.links.items():
        wire = _moved(places.wires[pair], left, 8.0)
        _draw_link(ax, link, wire, label_of(link, boxes[link.end]))
    for key, box in boxes.items():
        spot = places.spots[key]
        spot = Spot(spot.x + left, spot.y + 8, spot.width, spot.height)
        _draw_box(ax, box, spot)
    _draw_legend(ax, (width - NARROW) / 2, places.height + 20, said)
    return ax


def _moved(wire: Wire, dx: float, dy: float) -> Wire:
    points = tuple((x + dx, y + dy) for x, y in wire.points)
    return Wire(points, (wire.mark[0] + dx, wire.mark[1] + dy))


def _draw_box(ax: Axes, box: Box, spot: Spot) -> None:
    role = role_of(box.network)
    color = COLORS[role] if role else COLORS["ink"]
    left, top = spot.x - spot.width / 2, spot.y - spot.height / 2
    corner = {"D": 0, "": 6}.get(role, 12)
    if box.kind in ("input", "parameter"):
        corner = 0 if role == "D" else spot.height / 2
    ground = {"loss": color, "input": COLORS["shade"]}.get(box.kind, TINTS[role])
    patch = block(
        ax,
        left,
        top,
        spot.width,
        spot.height,
        corner=corner,
        facecolor=ground,
        edgecolor=color if box.live else COLORS["beyond"],
        linewidth=1.6 if box.live else 1.0,
        linestyle="-" if box.live else (0, (3, 2)),
        gid=f"box {box.key}",
    )
    if role:
        stripe = block(ax, left, top, STRIPE, spot.height, corner=0, facecolor="none")
        stripe.set(hatch=HATCH[role], edgecolor=color, linewidth=0, clip_path=patch)
        stripe.set_facecolor(color if not HATCH[role] else "none")
        stripe.set_alpha(1.0 if box.live else 0.45)
    _write_in(ax, box, spot, STRIPE / 2 if role else 0.0)


def _write_in(ax: Axes, box: Box, spot: Spot, shift: float) -> None:
    """The title and the lines of a box, one below the other."""
    lines = lines_of(box)
    ink = COLORS["paper" if box.kind == "loss" else "ink" if box.live else "soft"]
    y = spot.y - (TEXT * 1.3 * len(lines)) / 2
    write(ax, spot.x + shift, y, box.title, TITLE, weight="bold", color=ink)
    for number, words in enumerate(lines):
        below = y + TITLE * 0.6 + TEXT * 1.3 * (number + 0.55)
        write(ax, spot.x + shift, below, words, TEXT, color=ink)


def _draw_link(ax: Axes, link: Link, wire: Wire, words: str) -> None:
    look = LINES[link.state]
    line(ax, wire.points, gid=f"{link.state} {link.start} > {link.end}", **look)
    if link.live:
        _draw_arrow(ax, wire.points)
    if link.cuts:
        (x, y), width = wire.mark, len(words) * TEXT * 0.62
        if words:
            look = {"facecolor": COLORS["paper"], "edgecolor": "none"}
            block(ax, x - width / 2 - 7, y - 8, width + 14, 16, corner=0, **look)
            write(ax, x + 7, y, words, TEXT, color=COLORS["cut"], style="italic")
        at = x - width / 2 if words else x
        cross(ax, at, y, 4, color=COLORS["ink"], linewidth=2)


def _draw_arrow(ax: Axes, points, size: float = 9.0) -> None:
    """The head of an arrow that arrives at the last point, upright."""
    (x, y), before = points[-1], points[-2]
    back = size if before[1] > y else -size
    corners = [(x, y), (x - size / 2, y + back), (x + size / 2, y + back)]
    ax.add_artist(Polygon(corners, facecolor=COLORS["ink"], linewidth=0, zorder=3))


def _draw_legend(ax: Axes, left: float, top: float, said: list[str]) -> None:
    for row, state in enumerate(said):
        y = top + 10 + ROW * row
        ax.plot((left + 8, left + 46), (y, y), solid_capstyle="butt", **LINES[state])
        if state == "live":
            corners = [(left + 50, y), (left + 41, y - 4.5), (left + 41, y + 4.5)]
            ax.add_artist(Polygon(corners, facecolor=COLORS["ink"], linewidth=0))
        if state == "cut":
            cross(ax, left + 27, y, 4, color=COLORS["ink"], linewidth=2)
        write(ax, left + 60, y, SAYS[state], TEXT, ha="left", color=COLORS["soft"])
