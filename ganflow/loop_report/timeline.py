"""The timeline of versions as boxes and arrows on a page: plain numbers, in px.

A lane for each player, a column for each step. A step makes a box, the player's next
version, and points an arrow at every version of another player that it read. Arrows run
in the bands between the lanes and through the gaps between the columns, so that none
crosses a box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ganflow.loop_report.record import LoopRecord, Move
from ganflow.loop_report.words import counted, lags_of, one_cycle, version

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]

BOX, BAND, GAP = 40.0, 62.0, 26.0  # a box's height; between lanes; between columns
HEAD, EDGE = 34.0, 14.0  # for the brackets of the cycles; around it all
ARC = 38.0  # a read of an older version of the own player goes over its lane
LETTER = 8.2  # width of a letter in a box's title, wide enough for common sans fonts
LABEL = (50.0, 15.0)  # a label's width and height
SHARES = (0.7, 0.5, 0.6, 0.4, 0.8, 0.3)  # of an arrow's last curve: a label's places
OLDEST = 3  # versions from before the first step that get a box of their own


@dataclass(frozen=True)
class Box:
    """A version of a player.

    Parameters
    ----------
    player : str
        Whose weights.
    version : int
        After how many moves.
    x : float
        Left edge.
    y : float
        Upper edge.
    width : float
        Of the box.
    title : str
        Its name, "G3"; "G1 ..." for this one and older ones.
    note : str
        Where the step was, "line 42"; "" for a version from before the first step.
    move : Move or None
        The step that made it.
    """

    player: str
    version: int
    x: float
    y: float
    width: float
    title: str
    note: str = ""
    move: Move | None = None


@dataclass(frozen=True)
class Arrow:
    """A read: from a step to the version that it read.

    Parameters
    ----------
    start : Box
        The step's.
    end : Box
        The version's.
    lag : int
        How many moves of that player lie between it and the newest.
    pieces : tuple of tuple of Point
        Cubic curves, four points each; the first begins at `start`, each goes on where
        the one before ended, the last ends at `end`.
    label : str
        "2 back"; "" for the newest version.
    label_at : Point
        The label's centre, on the last curve and apart from the labels before it.
    """

    start: Box
    end: Box
    lag: int
    pieces: tuple[Curve, ...]
    label: str
    label_at: Point


@dataclass(frozen=True)
class Timeline:
    """Everything that the picture shows.

    Parameters
    ----------
    width : float
        Of the whole.
    height : float
        Of the whole.
    lanes : dict of player -> float
        The height of each lane's middle line.
    boxes : tuple of Box
        In the order of the steps, those from before them first.
    arrows : tuple of Arrow
        In the order of the steps.
    spans : tuple of (float, float, str)
        From, to and name of each cycle.
    ties : tuple of (float, float, float)
        x, from and to of a line that ties the boxes of one step.
    """

    width: float
    height: float
    lanes: Mapping[str, float]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    spans: tuple[tuple[float, float, str], ...]
    ties: tuple[tuple[float, float, float], ...]


def along(curve: Curve, t: float) -> Point:
    """A point of a cubic curve.

    Parameters
    ----------
    curve : tuple of Point
        Its four points.
    t : float
        0 to 1, from its start to its end.

    Returns
    -------
    tuple of float
        x and y.
    """
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
    x, y = (
        sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1)
    )
    return x, y


def lay_out_moves(record: LoopRecord) -> Timeline:
    """Place two cycles of a loop, or what is kept of it.

    Parameters
    ----------
    record : LoopRecord
        Of a watched loop.

    Returns
    -------
    Timeline
        The same for the same record; without boxes if no step was seen.
    """
    moves = one_cycle(record, repeats=2)
    if not moves:
        return Timeline(0, 0, {}, (), (), (), ())
    columns = list(_columns(moves))
    before = _before(moves, record)
    names = [version(m.player, m.version) for m in moves]
    names += [_old(p, v, first) for p, old in before.items() for v, first in old]
    notes = [_note(move) for move in moves]
    longest = max([*map(len, names), *(0.8 * len(note) for note in notes)])
    wide = round(longest * LETTER + 14)
    arcs = {m.player for m in moves for _, lag in lags_of(m).get(m.player, ()) if lag}
    lanes, y = {}, EDGE + HEAD
    for place, player in enumerate(record.players):
        if player in arcs:
            y += ARC if place == 0 else ARC / 2
        lanes[player] = y + BOX / 2
        y += BOX + BAND
    left = EDGE + 10.5 * max(map(len, record.players)) + 12
    start = max(map(len, before.values()))

    def x_of(column: int) -> float:
        return left + column * (wide + GAP)

    boxes: dict[tuple[str, int], Box] = {}
    older: dict[str, Box] = {}
    for player, old in before.items():
        for i, (v, gathered) in enumerate(old):
            x, y0 = x_of(start - len(old) + i), lanes[player] - BOX / 2
            box = Box(player, v, x, y0, wide, _old(player, v, gathered))
            boxes[player, v] = box
            if gathered:
                older[player] = box
    for move, column, name, note in zip(moves, columns, names, notes, strict=False):
        x, y0 = x_of(start + column), lanes[move.player] - BOX / 2
        box = Box(move.player, move.version, x, y0, wide, name, note, move)
        boxes[move.player, move.version] = box
    arrows: list[Arrow] = []
    for move in moves:
        for player, pairs in lags_of(move).items():
            for v, lag in pairs:
                if player == move.player and not lag:
                    continue
                end = boxes.get((player, v)) or older[player]
                own = boxes[move.player, move.version]
                pieces = _route(own, end, list(lanes), lanes)
                label = f"{lag} back" if lag else ""
                taken = [arrow.label_at for arrow in arrows if arrow.label]
                place = _label_place(pieces[-1], taken)
                arrows.append(Arrow(own, end, lag, pieces, label, place))
    last = x_of(start + columns[-1]) + wide + EDGE
    high = max(lanes.values()) + BOX / 2 + EDGE
    return Timeline(
        last,
        high,
        lanes,
        tuple(boxes.values()),
        tuple(arrows),
        tuple(_spans(record, moves, columns, lambda c: x_of(start + c), wide)),
        tuple(_ties(moves, columns, lanes, lambda c: x_of(start + c) + wide / 2)),
    )


def _columns(moves: tuple[Move, ...]) -> Iterator[int]:
    """The column of each move: a step that moves several players has one."""
    column = -1
    for i, move in enumerate(moves):
        column += not (move.joint and i)
        yield column


def _before(
    moves: tuple[Move, ...], record: LoopRecord
) -> dict[str, list[tuple[int, bool]]]:
    """For each player the versions from before its first step here, oldest first.

    The newest of them is always among them; of those that were read and are older, the
    last few, and True where one stands for all that are older still.
    """
    found: dict[str, list[tuple[int, bool]]] = {}
    for player in record.players:
        made = {move.version for move in moves if move.player == player}
        read = {v for m in moves for v in m.reads.get(player, ())}
        known = [m.newest[player] for m in moves if player in m.newest]
        newest = min(made) - 1 if made else max([*known, *read, 0])
        old = sorted({v for v in read if v < newest})
        kept = [(v, False) for v in old[-OLDEST:]]
        if len(old) > OLDEST:
            kept.insert(0, (old[-OLDEST - 1], True))
        found[player] = [*kept, (newest, False)]
    return found


def _old(player: str, number: int, gathered: bool) -> str:
    return version(player, number) + (" ..." if gathered else "")


def _note(move: Move) -> str:
    return f"line {move.place.line}" if move.place.file else "unknown line"


def _label_place(curve: Curve, taken: list[Point]) -> Point:
    """The first place on a curve that is free, or the one that is usual."""
    for share in SHARES:
        x, y = along(curve, share)
        if all(abs(x - a) >= LABEL[0] or abs(y - b) >= LABEL[1] for a, b in taken):
            return x, y
    return along(curve, SHARES[0])


def _route(
    start: Box, end: Box, order: list[str], lanes: Mapping[str, float]
) -> tuple[Curve, ...]:
    a, b = order.index(start.player), order.index(end.player)
    x0, x1 = start.x + 0.3 * start.width, end.x + 0.7 * end.width
    if a == b:
        top = start.y
        return (((x0, top), (x0, top - ARC), (x1, top - ARC), (x1, top)),)
    down = 1 if b > a else -1
    y0 = lanes[start.player] + down * BOX / 2
    y1 = lanes[end.player] - down * BOX / 2
    between = order[min(a, b) + 1 : max(a, b)][::down]
    pieces: list[Curve] = []
    if between:  # through the gap on the left of the step's column
        x = start.x - GAP / 2
        enter = lanes[between[0]] - down * BOX / 2
        leave = lanes[between[-1]] + down * BOX / 2
        pieces = [
            _bend((x0, y0), (x, enter)),
            ((x, enter), (x, enter), (x, leave), (x, leave)),
        ]
        x0, y0 = x, leave
    pieces.append(_bend((x0, y0), (x1, y1)))
    return tuple(pieces)


def _bend(start: Point, end: Point) -> Curve:
    """A curve that leaves and arrives upright, and stays between the two heights."""
    middle = 0.6 * (end[1] - start[1])
    return start, (start[0], start[1] + middle), (end[0], end[1] - middle), end


def _spans(
    record: LoopRecord, moves: tuple[Move, ...], columns: list[int], x_of, wide: float
) -> Iterator[tuple[float, float, str]]:
    cycle = record.cycle or 0
    if not cycle or len(moves) % cycle:
        return
    for i in range(0, len(moves), cycle):
        name = "the same again" if i else f"one cycle: {counted(cycle, 'move')}"
        yield x_of(columns[i]), x_of(columns[i + cycle - 1]) + wide, name


def _ties(
    moves: tuple[Move, ...], columns: list[int], lanes: Mapping[str, float], middle
) -> Iterator[tuple[float, float, float]]:
    for column in dict.fromkeys(columns):
        pairs = zip(moves, columns, strict=True)
        heights = [lanes[move.player] for move, c in pairs if c == column]
        if len(heights) > 1:
            yield middle(column), min(heights), max(heights)
