"""A trace as boxes and lines on a page: folding, placing, words. Plain data out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ganflow.layout.fold import FOLDS, Box, Folded, Link, fold_trace
from ganflow.layout.placement import Places, Spot, Wire, place
from ganflow.layout.words import describe, lines_of, role_of, shape_words, size_words
from ganflow.records import DerivativeTrace

TITLE, TEXT = 13.0, 11.0  # px, the two sizes of text in a picture
LETTER = 0.62  # width of a letter in its size, wide enough for common sans fonts
__all__ = [
    "FOLDS",
    "Box",
    "Folded",
    "Layout",
    "Link",
    "Places",
    "Spot",
    "Wire",
    "describe",
    "fold_trace",
    "lay_out",
    "lay_out_together",
    "lines_of",
    "shape_words",
    "size_words",
    "label_of",
    "role_of",
]


@dataclass(frozen=True)
class Layout:
    """A folded trace with the place of each box and line.

    Parameters
    ----------
    folded : Folded
    places : Places
        In px.
    """

    folded: Folded
    places: Places


def lay_out(
    trace: DerivativeTrace,
    fold: str | Mapping[str, str] = "layer",
    *,
    name: str = "",
    column: float = 700.0,
) -> Layout:
    """Fold a trace and place its boxes: values flow down, derivatives up.

    Parameters
    ----------
    trace : DerivativeTrace
    fold : str or mapping from str to str
        "network", "layer" or "operation", or one of these for each network by name (""
        stands for what runs outside every network; left out: folded whole).
    name : str
        What to call the root, "loss_D" for example.
    column : float
        px; wider rows are broken.

    Returns
    -------
    Layout
        Plain data, the same for the same arguments.

    Raises
    ------
    TypeError
        No trace, or a fold that is neither a word nor a dict.
    ValueError
        An unknown fold or network.
    """
    folded = fold_trace(trace, fold, name=name)
    return Layout(folded, lay_out_together([folded], column=column))


def lay_out_together(folded: Iterable[Folded], *, column: float = 700.0) -> Places:
    """One set of places for several states of a program, so that no box moves.

    Parameters
    ----------
    folded : iterable of Folded
        Each state, folded alike.
    column : float
        px; wider rows are broken.

    Returns
    -------
    Places
    """
    sizes: dict[str, tuple[float, float]] = {}
    labels: dict[tuple[str, str], float] = {}
    links: Counter[tuple[str, str]] = Counter()
    for state in folded:
        for key, box in state.boxes.items():
            width, height = _size(box)
            most = sizes.get(key, (width, height))
            sizes[key] = (max(width, most[0]), max(height, most[1]))
        for pair, link in state.links.items():
            links[pair] += link.edges
            if words := label_of(link, state.boxes[link.end]):
                width = len(words) * TEXT * LETTER + 14
                labels[pair] = max(width, labels.get(pair, 0))
    # Of two opposite links the one with more edges says which box stands higher: a
    # second derivative runs against the layers, fewer times than values run with them.
    strongest = [pair for pair, _ in links.most_common()]
    return place(sizes, strongest, labels=labels, column=column)


def label_of(link: Link, end: Box) -> str:
    """The words on a cut line; a weight that nothing reaches says it in its own box.

    Parameters
    ----------
    link : Link
    end : Box
        Where the link ends.

    Returns
    -------
    str
        Empty for a line without words.
    """
    return "" if end.kind == "parameter" and not end.live else ", ".join(link.cuts)


def _size(box: Box) -> tuple[float, float]:
    """Width and height that hold a box's title and lines, px."""
    lines = lines_of(box)
    letters = max([len(box.title) * TITLE, *(len(line) * TEXT for line in lines)])
    return max(64.0, letters * LETTER + 22), 14 + TITLE * 1.2 + len(lines) * TEXT * 1.3
