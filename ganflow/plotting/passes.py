"""Draw passes through a network side by side: up through its layers, or down."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from ganflow.plotting.card import COLORS, HATCH, TINTS, block, card, line, write

EDGE, COLUMN, BOX, BETWEEN, APART = 22.0, 148.0, 38.0, 20.0, 20.0  # px
HEAD, TEXT, LETTER, STRIPE, ARROW = 30.0, 12.0, 7.0, 7.0, 8.0  # px
DASHES = (0, (3, 2))


def draw_passes(
    passes: Mapping[str, Mapping[str, str]],
    pale: Collection[str] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw a column for each pass, with a box for each layer that it goes through.

    Layers have one height in all columns, so that a pass that meets the first layer
    first is an arrow up, and a pass that meets it last is an arrow down.

    Parameters
    ----------
    passes : dict of dict of str
        For each pass, from left to right, the layers in the order in which it meets
        them, and what the box of each says; "" for nothing. The first pass goes up, and
        meets all layers.
    pale : collection of str, default ()
        The passes that carry nothing, drawn by dashes.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No pass, a first pass without a layer, a layer that the first pass does not
        meet, a pale pass that is not there.

    Gradient: none; reads words.
    """
    layers = _check(passes, pale)
    left = EDGE + LETTER * max(map(len, layers)) + 12
    width = left + len(passes) * (COLUMN + APART) - APART + EDGE
    height = 2 * EDGE + HEAD + len(layers) * (BOX + BETWEEN) - BETWEEN
    ax = card(width, height, ax)
    tops = {
        layer: height - EDGE - BOX - row * (BOX + BETWEEN)
        for row, layer in enumerate(layers)
    }
    for layer, top in tops.items():
        write(ax, EDGE, top + BOX / 2, layer, TEXT, ha="left", weight="bold")
    for column, (name, met) in enumerate(passes.items()):
        x = left + column * (COLUMN + APART)
        write(ax, x + COLUMN / 2, EDGE + 6, name, TEXT, weight="bold")
        _draw_pass(ax, x, [tops[layer] for layer in met], name in pale)
        for layer, words in met.items():
            _draw_box(ax, x, tops[layer], words, name in pale)
    return ax


def _check(passes: Mapping[str, Mapping[str, str]], pale: Collection[str]) -> list[str]:
    """The layers from the first to the last, if all of it can be drawn."""
    layers = list(next(iter(passes.values()), ()))
    if not layers:
        raise ValueError("no pass, or none of a layer; expected one layer at least")
    for name, met in passes.items():
        if strange := [layer for layer in met if layer not in layers]:
            raise ValueError(
                f"the pass {name!r} meets {strange}; expected some of {layers}, which "
                "the first pass meets"
            )
    if lost := [name for name in pale if name not in passes]:
        raise ValueError(f"pale names {lost}; expected some of {list(passes)}")
    return layers


def _draw_box(ax: Axes, left: float, top: float, words: str, pale: bool) -> None:
    look = {"edgecolor": COLORS["beyond" if pale else "D"], "linewidth": 1.4}
    ground = COLORS["paper"] if pale else TINTS["D"]
    lines = {"linestyle": DASHES if pale else "-"}
    patch = block(
        ax, left, top, COLUMN, BOX, corner=0, facecolor=ground, **look, **lines
    )
    if not pale:
        stripe = block(ax, left, top, STRIPE, BOX, corner=0, facecolor="none")
        stripe.set(hatch=HATCH["D"], edgecolor=COLORS["D"], linewidth=0)
        stripe.set_clip_path(patch)
    ink = COLORS["soft" if pale else "ink"]
    if words:
        write(ax, left + (COLUMN + STRIPE) / 2, top + BOX / 2, words, TEXT, color=ink)


def _draw_pass(ax: Axes, left: float, tops: list[float], pale: bool) -> None:
    """Arrows from box to box, in the order of the pass."""
    x = left + COLUMN / 2
    color = COLORS["beyond" if pale else "ink"]
    for before, after in zip(tops, tops[1:], strict=False):
        up = after < before
        start, end = (before, after + BOX) if up else (before + BOX, after)
        tail = end + ARROW if up else end - ARROW
        style = {"linestyle": DASHES if pale else "-", "linewidth": 1.8}
        line(ax, [(x, start), (x, tail)], color=color, **style)
        corners = [(x, end), (x - ARROW / 2, tail), (x + ARROW / 2, tail)]
        ax.add_artist(Polygon(corners, facecolor=color, linewidth=0, zorder=3))
