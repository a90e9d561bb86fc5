"""Draw what is kept for backward after each line of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from ganflow.cost import LineBytes
from ganflow.plotting.card import COLORS, TINTS, block, card, write

EDGE, ROW, HEAD, BETWEEN, BAR = 20.0, 21.0, 24.0, 14.0, 13.0  # px
WIDE, NUMBER = 210.0, 64.0  # px: the longest bar, and the room right of it
TEXT, CODE = 12.0, 7.3  # px: height of words, width of a letter of code


def draw_held(steps: Mapping[str, Sequence[LineBytes]], ax: Axes | None = None) -> Axes:
    """Draw a bar beside each line of each step: the bytes that are kept after it.

    All bars have one scale. What a line holds at its fullest moment and lets go again
    is the pale end of its bar. The line of each step that leaves most says how much.

    Parameters
    ----------
    steps : dict of sequence of LineBytes
        By title, from top to bottom, as `bytes_by_line` gives them.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No step, or a step without a line.

    Gradient: none; reads numbers.
    """
    if not steps or not all(steps.values()):
        raise ValueError(
            f"steps have {[len(lines) for lines in steps.values()]} lines; expected at "
            "least one step, and a line in each"
        )
    every = [line for lines in steps.values() for line in lines]
    code = CODE * max(len(line.code) for line in every)
    start, top = EDGE + code + 14, EDGE
    scale = WIDE / max(1, max(line.most for line in every))
    height = len(steps) * (HEAD + BETWEEN) + ROW * len(every) + 2 * EDGE + ROW - BETWEEN
    ax = card(start + WIDE + NUMBER + EDGE, height, ax)
    for title, lines in steps.items():
        write(ax, EDGE, top + HEAD / 2, title, TEXT, ha="left", weight="bold")
        top += HEAD
        fullest = max(lines, key=lambda line: line.left)
        for line in lines:
            _draw_line(ax, line, top + ROW / 2, start, scale, line is fullest)
            top += ROW
        top += BETWEEN
    _draw_legend(ax, top + ROW / 2)
    return ax


def _draw_line(
    ax: Axes, line: LineBytes, y: float, start: float, scale: float, fullest: bool
) -> None:
    """A line of code, and its bar."""
    write(ax, EDGE, y, line.code, TEXT, ha="left", family="DejaVu Sans Mono")
    base = (y - ROW / 2, y + ROW / 2)
    ax.plot((start, start), base, "-", color=COLORS["soft"], linewidth=1)
    for size, ground in ((line.most, TINTS["other"]), (line.left, COLORS["other"])):
        if size:
            _draw_bar(ax, start, y, size * scale, ground)
    if fullest:
        right = start + line.most * scale + 8
        write(ax, right, y, _megabytes(line.left), TEXT, ha="left", weight="bold")


def _draw_bar(ax: Axes, start: float, y: float, wide: float, ground: str) -> None:
    look = {"facecolor": ground, "edgecolor": COLORS["other"], "linewidth": 1}
    block(ax, start, y - BAR / 2, wide, BAR, corner=0, **look)


def _draw_legend(ax: Axes, y: float) -> None:
    _draw_bar(ax, EDGE, y, 18, COLORS["other"])
    write(ax, EDGE + 26, y, "kept after the line", TEXT, ha="left")
    _draw_bar(ax, EDGE + 180, y, 18, TINTS["other"])
    write(ax, EDGE + 206, y, "let go by it", TEXT, ha="left")


def _megabytes(size: int) -> str:
    """Rounded to what a reader compares."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
