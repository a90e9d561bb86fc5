"""Draw the timeline of versions as a still figure: what each step of a loop read."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from ganflow.loop_report import LoopRecord
from ganflow.loop_report.picture import marks
from ganflow.loop_report.timeline import (
    BOX,
    EDGE,
    Arrow,
    Box,
    Timeline,
    lay_out_moves,
)
from ganflow.plotting.card import COLORS, RUNS, TINTS, block, card, write

TITLE, TEXT, SMALL, HEAD = 13.0, 13.0, 11.0, 30.0  # px; HEAD is for a loop's name
STALE = (0, (4, 2.5))  # dashes of an arrow that leads to an older version


def draw_timeline(
    reports: LoopRecord | Mapping[str, LoopRecord], ax: Axes | None = None
) -> Axes:
    """Draw two cycles of a loop: boxes are versions, arrows what their steps have read.

    A step makes the next version of its player. Its arrow leads to the version of the
    other player that it read: solid to the newest, dashed and with a label to an older
    one. Several loops stand below each other.

    Parameters
    ----------
    reports : LoopRecord, or dict of str to LoopRecord
        Of one watched loop, or of several by what is written above them.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No report, or one of a loop in which no step was seen.

    Gradient: none; reads records.
    """
    named = reports if isinstance(reports, Mapping) else {"": reports}
    if not named:
        raise ValueError("reports is empty; expected one report at least")
    places = {name: lay_out_moves(report) for name, report in named.items()}
    for name, each in places.items():
        if not each.boxes:
            raise ValueError(f"no step was seen in the loop {name!r}: nothing to draw")
    heads = {name: HEAD if name else 0.0 for name in named}
    letters = max(0.6 * TITLE * len(name) for name in named) + 2 * EDGE
    width = max(letters, *(each.width for each in places.values()))
    height = sum(each.height + heads[name] for name, each in places.items())
    ax = card(width + 2 * EDGE, height + EDGE, ax)
    top = EDGE / 2
    for name, report in named.items():
        if name:
            look = {"ha": "left", "weight": "bold"}
            write(ax, 2 * EDGE, top + HEAD / 2, name, TITLE, **look)
        _draw_loop(ax, report, places[name], EDGE, top + heads[name])
        top += places[name].height + heads[name]
    return ax


def _draw_loop(
    ax: Axes, report: LoopRecord, places: Timeline, left: float, top: float
) -> None:
    """One loop, moved to its place on the card."""
    mark = marks(report.players, report.roles)
    others = {f"other{i}": color for i, color in enumerate(RUNS[:4], 1)}
    colors = {who: {**COLORS, **others}[name] for who, name in mark.items()}
    for i, (x0, x1, words) in enumerate(places.spans):
        look = {"facecolor": "none" if i else COLORS["shade"], "linewidth": 0.8}
        look["edgecolor"] = COLORS["beyond"] if i else "none"
        across = (left + x0 - 9, x1 - x0 + 18)
        span = block(
            ax, across[0], top + 4, across[1], places.height - 8, corner=8, **look
        )
        span.set_zorder(1)
        where = (left + x0, top + 19)
        write(ax, *where, words, SMALL, ha="left", color=COLORS["soft"])
    for player, y in places.lanes.items():
        write(ax, left + 12, top + y, player, TITLE + 1, ha="left", weight="bold")
    for x, y0, y1 in places.ties:
        ax.plot((left + x,) * 2, (top + y0, top + y1), "-", color=COLORS["soft"], lw=3)
    for box in places.boxes:
        _draw_box(ax, box, left, top, colors[box.player], mark[box.player])
    for arrow in places.arrows:
        _draw_arrow(ax, arrow, left, top, colors[arrow.start.player])


def _draw_box(
    ax: Axes, box: Box, left: float, top: float, color: str, mark: str
) -> None:
    """A version; one from before the first step has a dashed edge."""
    block(
        ax,
        left + box.x,
        top + box.y,
        box.width,
        BOX,
        corner={"G": BOX / 2 - 1, "D": 0}.get(mark, 8),
        facecolor=TINTS.get(mark, COLORS["paper"]),
        edgecolor=color,
        linewidth=1.5,
        linestyle="-" if box.move else (0, (3, 2)),
        gid=f"version {box.player}{box.version}",
    )
    middle = (left + box.x + box.width / 2, top + box.y + BOX / 2)
    write(ax, *middle, box.title, TEXT, weight="bold")


def _draw_arrow(ax: Axes, arrow: Arrow, left: float, top: float, color: str) -> None:
    """From a step to the version that it read, in the colour of the reader."""
    points = [(left + x, top + y) for x, y in arrow.pieces[0][:1]]
    codes = [Path.MOVETO]
    for _, *rest in arrow.pieces:
        points += [(left + x, top + y) for x, y in rest]
        codes += [Path.CURVE4] * 3
    look = {"edgecolor": color, "linewidth": 1.8, "fill": False, "zorder": 5}
    dashes = STALE if arrow.lag else "-"
    ends = f"{arrow.start.player}{arrow.start.version} > "
    gid = f"read {ends}{arrow.end.player}{arrow.end.version}"
    ax.add_artist(PathPatch(Path(points, codes), linestyle=dashes, gid=gid, **look))
    (_, before), (x, y) = points[-2:]
    back = 9 if before > y else -9
    corners = [(x, y), (x - 5, y + back), (x + 5, y + back)]
    ax.add_artist(Polygon(corners, facecolor=color, linewidth=0, zorder=5))
    if arrow.label:
        x, y = left + arrow.label_at[0], top + arrow.label_at[1]
        paper = {"facecolor": COLORS["paper"], "edgecolor": "none"}
        wide = 0.62 * SMALL * len(arrow.label) + 6
        block(ax, x - wide / 2, y - 8, wide, 16, corner=4, **paper).set_zorder(5.5)
        write(ax, x, y, arrow.label, SMALL, color=COLORS["ink"])
