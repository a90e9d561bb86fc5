"""Draw the flow table: which loss reaches whose parameters."""

from __future__ import annotations

from matplotlib.axes import Axes

from ganflow.layout import TEXT, TITLE, role_of
from ganflow.plotting.card import COLORS, HATCH, block, card, cross, write
from ganflow.records import Flow, FlowCell

CELL, ROW, HEAD = 190.0, 58.0, 34.0  # px
LETTER = 0.62


def draw_flow(flow: Flow, ax: Axes | None = None) -> Axes:
    """Draw a flow table: one row a loss, one column a player.

    A cell that a step consumes has a thick border in its player's colour, one that is
    left behind a thin hatched one, a zero a thin one. Where nothing arrives it is grey
    and dashed; a cross marks what was seen to be cut, and says by what.

    Parameters
    ----------
    flow : Flow
    ax : where to draw; a new figure, at its natural size, if None

    Returns
    -------
    Axes : its data are px, y down. `describe(flow)` says the same in words.

    Gradient: none; reads a record. Taught in book/03.
    """
    if not isinstance(flow, Flow):
        raise TypeError(
            f"draw_flow takes a Flow, not a {type(flow).__name__}: draw a trace with "
            "draw_trace"
        )
    words = {at: _words(flow[at]) for at in flow.cells}
    longest = max(len(part) for pair in words.values() for part in pair)
    cell = max(CELL, longest * TEXT * LETTER + 44)
    side = max(len(loss) for loss in flow.losses) * TITLE * LETTER + 30
    width = side + cell * len(flow.players) + 16
    ax = card(width, HEAD + ROW * len(flow.losses) + 22, ax)
    for column, player in enumerate(flow.players):
        color = COLORS[role_of(player)]
        x = side + cell * (column + 0.5)
        write(ax, x, 24, f"to {player}", TITLE, weight="bold", color=color)
    for row, loss in enumerate(flow.losses):
        top = HEAD + 8 + ROW * row
        write(ax, 20, top + ROW / 2 - 4, loss, TITLE, weight="bold", ha="left")
        for column, player in enumerate(flow.players):
            look = role_of(player), flow[loss, player].state
            _draw_cell(ax, side + cell * column, top, cell, look, words[loss, player])
    return ax


def _words(cell: FlowCell) -> tuple[str, str]:
    """What a cell says: the size of what arrives, and what becomes of it."""
    first, _, second = cell.words().partition(", ")
    if cell.norm is None:
        first, _, second = cell.words().partition(": ")
    return first, second


def _draw_cell(ax: Axes, left, top, width, look: tuple[str, str], words) -> None:
    role, state = look
    empty = state in ("cut", "no path")
    color = COLORS["cut"] if empty else COLORS[role]
    left, top, wide, high = left + 4, top, width - 8, ROW - 8
    patch = block(
        ax,
        left,
        top,
        wide,
        high,
        corner=0 if role == "D" else 10,
        facecolor=COLORS["paper"],
        edgecolor=color,
        linewidth=2.2 if state == "stepped" else 1.2,
        linestyle=(0, (4, 3)) if empty else "-",
        gid=f"cell {state}",
    )
    if state in ("stepped", "left behind"):
        stripe = block(ax, left, top, 9, high, corner=0, facecolor="none")
        stripe.set(hatch=HATCH[role], edgecolor=color, linewidth=0, clip_path=patch)
        stripe.set_facecolor("none" if HATCH[role] or state != "stepped" else color)
    if state == "cut":
        cross(ax, left + 20, top + high / 2, 5, color=COLORS["ink"], linewidth=2)
    middle, first = left + wide / 2 + 8, top + high / 2 - (8 if words[1] else 0)
    write(ax, middle, first, words[0], TITLE, weight="bold")
    if words[1]:
        write(ax, middle, top + high / 2 + 10, words[1], TEXT, color=COLORS["soft"])
