"""Draw several traces side by side, so that a reader sees in what they differ."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from ganflow.layout import TITLE
from ganflow.plotting.card import COLORS, PX, write
from ganflow.plotting.trace import draw_trace
from ganflow.records import DerivativeTrace

HEAD, LETTER = 30.0, 8.2  # px: the row of a title, and the width of one letter


def draw_traces(
    traces: Mapping[str, DerivativeTrace],
    fold: str | Mapping[str, str] = "network",
    *,
    name: str = "",
    columns: int = 2,
) -> list[Axes]:
    """Draw each trace as `draw_trace` does, in one size, under its own title.

    Parameters
    ----------
    traces : dict of DerivativeTrace
        By title, in the order of reading.
    fold : str, or dict of network -> str, default "network"
        As in `draw_trace`.
    name : str
        What to call the root of each; its own name if empty.
    columns : int, default 2
        How many stand side by side, at least 1.

    Returns
    -------
    list of Axes
        One for each trace, in a new figure.

    Raises
    ------
    ValueError
        No trace, or no column.

    Gradient: none; reads records.
    """
    if not traces or columns < 1:
        raise ValueError(
            f"{len(traces)} traces in {columns} columns; expected at least one of each"
        )
    columns = min(columns, len(traces))
    rows = -(-len(traces) // columns)
    figure, cells = plt.subplots(rows, columns, squeeze=False, layout="none")
    figure.set_facecolor(COLORS["paper"])
    for spare in cells.flat[len(traces) :]:
        spare.set_axis_off()
    drawn = list(cells.flat[: len(traces)])
    for ax, trace in zip(drawn, traces.values(), strict=True):
        draw_trace(trace, fold, ax, name=name, legend=False)
    wide = max(*(ax.get_xlim()[1] for ax in drawn), *map(_width, traces))
    high = max(ax.get_ylim()[0] for ax in drawn) + HEAD
    for ax, title in zip(drawn, traces, strict=True):
        (_, width), (height, _) = ax.get_xlim(), ax.get_ylim()
        left = (width - wide) / 2  # the loss stands at the same height in all
        ax.set(xlim=(left, left + wide), ylim=(height, height - high))
        top = height - high + HEAD / 2
        write(ax, width / 2, top, title, TITLE, weight="bold")
    figure.set_size_inches(columns * wide / PX, rows * high / PX)
    figure.subplots_adjust(0, 0, 1, 1, 0, 0)
    return drawn


def _width(title: str) -> float:
    """How wide a title is, with room on both sides, px."""
    return len(title) * LETTER + 16
