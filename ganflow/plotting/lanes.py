"""Draw a loop's lines from top to bottom, and beside them what each line leaves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from ganflow.plotting.card import COLORS, STRIPES, TINTS, block, card, write

EDGE, ROW, HEAD, GAP, APART = 20.0, 32.0, 30.0, 4.0, 22.0  # px
TEXT, LETTER, CODE = 12.0, 7.0, 7.3  # px: height of words, width of a letter
STRIPE = 7.0  # px: the band that names a player
TIP = 9.0  # px: between the tips of arrows that end at one line of one lane


class _Read(NamedTuple):
    """A thing at a step reads what another was at a step: both by place."""

    at: int
    reader: str
    of: int
    read: str


def draw_lanes(
    steps: Sequence[str],
    lanes: Mapping[str, Sequence[str]],
    reads: Sequence[tuple[int, str, int, str]] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw the lines of a loop, and a lane for each thing that they change.

    Time runs down, as the lines do. A lane holds a box for as long as its thing stays
    what it is, and nothing where there is nothing. A lane whose name begins with G or D
    has that player's colour; D's is hatched.

    Parameters
    ----------
    steps : sequence of str
        The lines, in the order in which they run.
    lanes : dict of sequence of str
        For each thing, from left to right, what it is after each line; "" where there
        is nothing. Equal neighbours make one box.
    reads : sequence of (int, str, int, str), default ()
        Arrows, in the colour of what is read: at this step, this lane reads what at
        that step that lane was. Steps are counted from 0.
    ax : Axes, optional
        Where to draw; a new figure, at its natural size, if None.

    Returns
    -------
    Axes
        Its data are px, y down.

    Raises
    ------
    ValueError
        No step, no lane, a lane that has not one entry for each step, or an arrow from
        or to a place that is not there or holds nothing.

    Gradient: none; reads words.
    """
    arrows = [_Read(*read) for read in reads]
    _check(steps, lanes, arrows)
    left = 2 * EDGE + CODE * max(map(len, steps))
    spots, right = {}, left
    for name, states in lanes.items():
        wide = LETTER * max(len(name), *map(len, states)) + 2 * STRIPE + 10
        spots[name] = (right, wide)
        right += wide + APART
    height = 2 * EDGE + HEAD + ROW * len(steps)
    ax = card(ceil(right - APART + EDGE), height, ax)  # whole px, as a browser has
    for row, words in enumerate(steps):
        write(ax, EDGE, _middle(row), words, TEXT, ha="left", family="DejaVu Sans Mono")
    for name, (start, wide) in spots.items():
        write(ax, start + wide / 2, EDGE + HEAD / 2, name, TEXT, weight="bold")
        for first, last, state in _boxes(lanes[name]):
            _draw_box(ax, name, (start, wide), (first, last), state)
    for read in arrows:
        alike = [r for r in arrows if (r.at, r.reader) == (read.at, read.reader)]
        alike.sort(key=lambda r: r.of)  # from above, to the upper tip
        apart = TIP * (alike.index(read) - (len(alike) - 1) / 2)
        _draw_read(ax, read, spots, apart)
    return ax


def _check(
    steps: Sequence[str], lanes: Mapping[str, Sequence[str]], arrows: Sequence[_Read]
) -> None:
    """Refuse what cannot be drawn."""
    if not steps or not lanes:
        raise ValueError(
            f"{len(steps)} steps and {len(lanes)} lanes; expected one of each at least"
        )
    for name, states in lanes.items():
        if len(states) != len(steps):
            raise ValueError(
                f"the lane {name!r} has {len(states)} entries; expected one for each "
                f"of the {len(steps)} steps"
            )
    for read in arrows:
        for at, lane in ((read.at, read.reader), (read.of, read.read)):
            there = lane in lanes and 0 <= at < len(steps) and lanes[lane][at]
            if not there:
                raise ValueError(
                    f"the arrow {tuple(read)} has an end at step {at} of {lane!r}; "
                    f"expected steps 0 to {len(steps) - 1} of the lanes "
                    f"{', '.join(lanes)}, where they hold something"
                )


def _middle(row: int) -> float:
    """The middle of a line, px from the top."""
    return EDGE + HEAD + ROW * (row + 0.5)


def _boxes(states: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """First and last step of each stretch of one state, and the state."""
    first = 0
    for state, stretch in groupby(states):
        after = first + len(list(stretch))
        if state:
            yield first, after - 1, state
        first = after


def _role(lane: str) -> str:
    """The player that a lane's name begins with, or other."""
    found = re.match(r"[GD]\b", lane)
    return found[0] if found else "other"


def _draw_box(
    ax: Axes, lane: str, across: tuple[float, float], down: tuple[int, int], words: str
) -> None:
    """What a thing is from a first to a last line."""
    (left, wide), (first, last), role = across, down, _role(lane)
    top = _middle(first) - ROW / 2 + GAP / 2
    tall = ROW * (last - first + 1) - GAP
    look = {"edgecolor": COLORS[role], "linewidth": 1.2}
    corner = 6.0 if role == "G" else 0.0
    block(ax, left, top, wide, tall, corner=corner, facecolor=TINTS[role], **look)
    band = {"facecolor": COLORS[role], "edgecolor": TINTS[role], "linewidth": 0}
    block(ax, left, top, STRIPE, tall, corner=0, hatch=STRIPES[role], **band)
    write(ax, left + (wide + STRIPE) / 2, top + tall / 2, words, TEXT)


def _draw_read(
    ax: Axes, read: _Read, spots: Mapping[str, tuple[float, float]], apart: float
) -> None:
    """An arrow from what is read to its reader, its tip so far below the middle."""
    (a, wide_a), (b, wide_b) = spots[read.read], spots[read.reader]
    rightwards = a < b
    start = (a + wide_a if rightwards or a == b else a, _middle(read.of))
    end = (b if rightwards else b + wide_b, _middle(read.at) + apart)
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=11,
        shrinkA=0,
        shrinkB=0,
        color=COLORS[_role(read.read)],
        linewidth=1.6,
        zorder=3,  # behind the boxes of the lanes between
        connectionstyle="arc3,rad=-0.4" if a == b else "arc3,rad=0",
        gid=f"read {read.read} {read.of} {read.reader} {read.at}",
    )
    ax.add_artist(arrow)
