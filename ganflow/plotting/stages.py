"""Draw what becomes of a program's parts, from stage to stage."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from ganflow.plotting.card import COLORS, block, card, write

WIDTH, LEFT, BAR, BETWEEN, EDGE = 680.0, 116.0, 38.0, 40.0, 20.0  # px
TEXT, LETTER = 12.0, 6.9  # px: height of the words, and the width of one letter
# Greys and a green: blue and vermillion are the players'.
FILLS = ("#FFFEFB", "#DDE1E6", "#B9C0C9", "#B7D8CB", "#8FBFAB")


def draw_stages(
    stages: Mapping[str, Mapping[str, float]], ax: Axes | None = None
) -> Axes:
    """Draw a bar for each stage, cut into its kinds, and what each kind becomes.

    All bars are equally wide, whatever their totals, which stand beside them. Between
    two bars a band leads from each kind to the same kind below; it ends in a point
    where nothing is left of it.

    Parameters
    ----------
    stages : dict of dict of float
        For each stage, from top to bottom, how much of each kind it has, >= 0. Kinds
        keep one order in all stages, that in which they first come.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No stage, a stage with nothing in it, more kinds than there are fills, an
        amount below 0.

    Gradient: none; reads numbers.
    """
    kinds = _kinds(stages)
    height = len(stages) * (BAR + BETWEEN) - BETWEEN + 2 * EDGE
    ax = card(WIDTH, height, ax)
    before: dict[str, tuple[float, float]] = {}
    for row, (name, parts) in enumerate(stages.items()):
        top = EDGE + row * (BAR + BETWEEN)
        total = f"{sum(parts.values()):,g}"
        write(ax, EDGE, top + BAR / 2 - 9, total, TEXT, ha="left", weight="bold")
        write(ax, EDGE, top + BAR / 2 + 9, name, TEXT, ha="left")
        spans = _spans(parts, kinds)
        for fill, kind in zip(FILLS, kinds, strict=False):
            if before:
                _draw_band(ax, before[kind], spans[kind], top, fill)
            if parts.get(kind):
                _draw_part(ax, spans[kind], top, f"{parts[kind]:,g} {kind}", fill)
        before = spans
    return ax


def _kinds(stages: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The kinds in order, if all of it can be drawn."""
    kinds = list(dict.fromkeys(kind for parts in stages.values() for kind in parts))
    if not 0 < len(kinds) <= len(FILLS):
        raise ValueError(f"stages have the kinds {kinds}; expected 1 to {len(FILLS)}")
    for name, parts in stages.items():
        if not sum(parts.values()) > 0 or min(parts.values()) < 0:
            raise ValueError(
                f"the stage {name!r} has {dict(parts)}; expected amounts of at least "
                "0, and one above"
            )
    return kinds


def _spans(
    parts: Mapping[str, float], kinds: list[str]
) -> dict[str, tuple[float, float]]:
    """Where each kind begins and ends in a bar, px."""
    wide, left, spans = (WIDTH - LEFT - EDGE) / sum(parts.values()), LEFT, {}
    for kind in kinds:
        right = left + wide * parts.get(kind, 0)
        spans[kind] = (left, right)
        left = right
    return spans


def _draw_part(
    ax: Axes, span: tuple[float, float], top: float, words: str, fill: str
) -> None:
    """One kind in a bar; words only where they have room, else the number alone."""
    (left, right), look = span, {"facecolor": fill, "edgecolor": COLORS["soft"]}
    block(ax, left, top, right - left, BAR, corner=0, linewidth=0.8, **look)
    for said in (words, words.split(" ")[0]):
        if len(said) * LETTER < right - left - 4:
            write(ax, (left + right) / 2, top + BAR / 2, said, TEXT)
            return


def _draw_band(
    ax: Axes,
    above: tuple[float, float],
    below: tuple[float, float],
    top: float,
    fill: str,
) -> None:
    """What a kind of the bar above becomes: to a point where nothing is left."""
    y0, y1 = top - BETWEEN, top
    corners = [(above[0], y0), (above[1], y0), (below[1], y1), (below[0], y1)]
    look = {"facecolor": fill, "edgecolor": COLORS["beyond"], "linewidth": 0.6}
    ax.add_artist(Polygon(corners, alpha=0.55, zorder=2, **look))
