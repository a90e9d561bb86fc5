"""Place boxes and lines in a column of a page, values flowing down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ganflow.layout.coordinates import coordinates
from ganflow.layout.rows import LANE, SIDE, Pair, Ways, in_rows

GAP, LABEL, MARGIN = 28.0, 20.0, 6.0  # px: between rows, more for each label, around


@dataclass(frozen=True)
class Spot:
    """Where a box lies, in px.

    Parameters
    ----------
    x : float
        Of its centre.
    y : float
        Of its centre, downwards.
    width : float
    height : float
    """

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Wire:
    """The way of a link: points joined by curves that leave and arrive upright.

    Parameters
    ----------
    points : tuple of (float, float)
        px; the derivative travels from the first to the last.
    mark : (float, float)
        Where a cross and the reason of a cut sit.
    """

    points: tuple[tuple[float, float], ...]
    mark: tuple[float, float]


@dataclass(frozen=True)
class Places:
    """Boxes and lines by key, in one picture.

    Parameters
    ----------
    spots : mapping from str to Spot
    wires : mapping from (str, str) to Wire
    width : float
        px, of the picture.
    height : float
        px, of the picture.
    """

    spots: Mapping[str, Spot]
    wires: Mapping[Pair, Wire]
    width: float
    height: float


def place(
    sizes: Mapping[str, tuple[float, float]],
    links: Iterable[Pair],
    *,
    labels: Mapping[Pair, float] | None = None,
    column: float = 700.0,
) -> Places:
    """Place boxes in rows: the loss lowest, what it was computed from above it.

    Parameters
    ----------
    sizes : mapping from str to (float, float)
        Width and height of each box, px.
    links : iterable of (str, str)
        From the box nearer the loss to the box nearer the leaves.
    labels : mapping from (str, str) to float, optional
        Width in px of the words that a line carries at its mark.
    column : float
        px; a row of boxes that would be wider is broken into several rows.

    Returns
    -------
    Places
        The same for the same arguments; no two boxes overlap, no line crosses a box
        that it does not join.
    """
    links, labels = list(links), labels or {}
    rows, ways = in_rows(sizes, links, column - 2 * MARGIN)
    width = {s: sizes[s][0] if s in sizes else LANE - SIDE for row in rows for s in row}
    x = coordinates(rows, ways, width, column - 2 * MARGIN)
    left = min((x[s] - width[s] / 2 for s in x), default=0.0) - MARGIN
    x = {stop: value - left for stop, value in x.items()}
    right = max((x[s] + width[s] / 2 for s in x), default=0.0) + MARGIN
    right = max([right, *(words + 2 * MARGIN for words in labels.values())])
    lanes = _lanes(rows, ways, x, labels)
    spots, tops = _spots(rows, x, sizes, lanes)
    lane_of = {link: lane for gap in lanes for link, lane in gap.items()}
    wires = {}
    for link, points in _upward(rows, ways, spots, tops, x).items():
        at, y = _mark(points, lane_of.get(link))
        room = labels.get(link, 0.0) / 2 + MARGIN
        turned = ways[link][0] != link[0]
        points = [(round(float(x), 1), round(float(y), 1)) for x, y in points]
        points = [point for point, _ in groupby(points)]
        wires[link] = Wire(
            tuple(points[::-1] if turned else points),
            (min(max(at, room), right - room), y),
        )
    return Places(spots, wires, right, max([s[1] for s in tops], default=0.0) + MARGIN)


def _lanes(rows: list[list], ways: Ways, x: Mapping, labels: Mapping) -> list[dict]:
    """For the gap above each row, the lane of every label in it."""
    lanes: list[dict] = []
    for row in rows:
        taken: list[float] = []  # right end of the last label in each lane
        lane = {}
        here = [link for link in labels if ways[link][0] in row]
        reach = {k: sorted(x[stop] for stop in ways[k][:2]) for k in here}
        for link in sorted(here, key=lambda k: (reach[k], k)):  # noqa: B023
            low, high = reach[link][0], reach[link][1]
            free = (i for i, end in enumerate(taken) if end < low - labels[link] / 2)
            lane[link] = next(free, len(taken))
            taken[lane[link] : lane[link] + 1] = [high + labels[link] / 2 + SIDE]
        lanes.append(lane)
    return lanes


def _spots(rows: list[list], x: Mapping, sizes: Mapping, lanes: Sequence[dict]):
    """The place of every box, and the top and bottom of every row."""
    spots, ends, top = {}, [], MARGIN
    for row, lane in zip(rows[::-1], lanes[::-1], strict=True):
        if ends:
            top += GAP + LABEL * len(set(lane.values()))
        height = max((sizes[s][1] for s in row if s in sizes), default=0.0)
        for stop in row:
            if stop in sizes:
                spots[stop] = Spot(x[stop], top + height / 2, *sizes[stop])
        ends.append((top, top + height))
        top += height
    return spots, ends[::-1]


def _upward(rows: list[list], ways: Ways, spots: Mapping, tops: list, x: Mapping):
    """Each link's points from its lower box up; several at one box spread out."""
    level = {stop: number for number, row in enumerate(rows) for stop in row}
    leave, arrive = {}, {}
    for key, spot in spots.items():
        for side, at, to in ((leave, 0, 1), (arrive, -1, -2)):
            here = sorted((x[w[to]], link) for link, w in ways.items() if w[at] == key)
            step = min(LANE, 0.7 * spot.width / max(1, len(here)))
            for i, (_, link) in enumerate(here):
                side[link] = spot.x + step * (i - (len(here) - 1) / 2)
    wires = {}
    for link, way in ways.items():
        low, high = spots[way[0]], spots[way[-1]]
        stops = [leave[link], *(x[stop] for stop in way[1:-1]), arrive[link]]
        ends = [tops[level[stop]] for stop in way]
        points = [(leave[link], low.y - low.height / 2), (stops[0], ends[0][0])]
        for at, (top, bottom) in zip(stops[1:-1], ends[1:-1], strict=True):
            points += [(at, bottom), (at, top)]
        points += [(stops[-1], ends[-1][1]), (arrive[link], high.y + high.height / 2)]
        wires[link] = points
    return wires


def _mark(points: list, lane: int | None) -> tuple[float, float]:
    """Where the cross of a cut sits: on the line, in its lane of the first gap.

    A line without words has it in its last gap, next to the box that says why.
    """
    (x0, y0), (x1, y1) = points[-3:-1] if lane is None else points[1:3]
    y = (y0 + y1) / 2 if lane is None else y0 - GAP / 2 - LABEL * (lane + 0.5)
    t = np.linspace(0, 1, 101)
    done = np.interp((y0 - y) / (y0 - y1), 1.5 * t - 1.5 * t**2 + t**3, t)
    return float(x0 + (x1 - x0) * done**2 * (3 - 2 * done)), float(y)
