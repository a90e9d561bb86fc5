"""What a tensor remembers: whose weights it was made from, and what was done to it.

The mark hangs on the tensor's own Python object (of a variable: on its handle), so it
dies with it and keeps none alive. Eager tensors are never written to: a mark is set
once, when the operation that made the tensor is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ganflow.loop_audit.origins import KEPT, NOTHING, Trail, youngest
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward

_serials = count()


@dataclass(eq=False)
class Record:
    """What is known of one tape.

    Parameters
    ----------
    number : int
        From 0; below 0 for a tape that began before the audit.
    accessed : bool
        It watches each trainable variable that is read.
    """

    number: int
    accessed: bool
    players: set[str] = field(default_factory=set)  # it was told to watch
    tensors: set[int] = field(default_factory=set)
    scores: list[tuple[Call, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Call:
    """One call of a player's network.

    Parameters
    ----------
    number : int
        From 0.
    player : str
        Whose network.
    version : int
        Of the player's weights when the call began.
    layer : keras.Layer or tf.Module
        What was called.
    place : Place
        The line.
    whole : bool
        It was given as a player, and is no part of one.
    tapes : frozenset of int
        The tapes that recorded it and watched its weights.
    """

    number: int
    player: str
    version: int
    layer: Any
    place: Place
    whole: bool
    tapes: frozenset[int]
    origin: Origin | None = None
    made_by: frozenset[str] = frozenset()  # players whose weights made the input
    cut_from: frozenset[str] = frozenset()  # those of them that no tape connects
    reached: frozenset[int] = frozenset()  # tapes that watched something of its input
    rows: list[tuple[int, int, str | None]] = field(default_factory=list)
    normed: bool = False  # it used the statistics of its batch
    trains: bool = False  # a layer of it ran with training=True
    rests: bool = False  # one that training changes ran without
    walked: bool = False  # a derivative arrived at its output
    repeats: bool = False  # an earlier call had the same weights and input

    @property
    def mixed(self) -> bool:
        """Its batch holds data and samples."""
        return len({maker for _, _, maker in self.rows}) > 1


@dataclass(eq=False)
class Origin:
    """The weights of one player at one version, as one call of a network read them.

    `tapes` have watched the reading; none connects what `tf.stop_gradient` gave.
    """

    number: int
    player: str
    version: int
    call: Call | None
    tapes: frozenset[int]
    statistics: bool = False  # moving averages, not weights
    cut_at: Place | None = None
    _cut: Origin | None = None

    def cut(self, place: Place | None) -> Origin:
        """The same reading, behind a `tf.stop_gradient` at a line."""
        if self._cut is None or self._cut.cut_at != place:
            self._cut = Origin(
                self.number,
                self.player,
                self.version,
                self.call,
                frozenset(),
                self.statistics,
                place,
            )
        return self._cut


def is_origin(one: Any) -> bool:
    """Whether a part of a trail is a reading of weights."""
    return type(one) is Origin


@dataclass(eq=False)
class Given:
    """What one pass gave to one player, as long as any of it is alive."""

    number: int
    back: Backward
    player: str
    reads: frozenset[Origin]
    taken: set[int] = field(default_factory=set)  # weights whose step took it


@dataclass(eq=False)
class Slope:
    """A derivative by something that is no weight; `tapes` can go on through it."""

    number: int
    place: Place
    tapes: frozenset[int]


@dataclass(eq=False)
class Scaled:
    """The factor of a loss scale."""

    number: int


@dataclass(eq=False)
class Read:
    """Marks the value of a player's weight, or of its moving average."""

    player: str
    version: int
    statistics: bool
    place: Place


class Rows:
    """Marks a batch whose rows have trails of their own: first, last + 1, trail."""

    def __init__(self, spans: list[tuple[int, int, Trail]]):
        self.spans = spans
        self.trail: Trail = frozenset().union(*(trail for _, _, trail in spans))


class Memory:
    """Reads and writes what tensors remember, for one audit."""

    def __init__(self):
        self._key = f"_ganflow_trail_{next(_serials)}"

    def mark(self, tensor: Any) -> Any:
        """A trail, a `Read` or `Rows`."""
        return getattr(tensor, self._key, NOTHING)

    def set(self, tensor: Any, mark: Any) -> None:
        """Write on a tensor, or on the handle of a variable."""
        if type(mark) is frozenset and len(mark) > KEPT:
            mark = youngest(mark)
        setattr(tensor, self._key, mark)

    def trail(self, tensor: Any) -> Trail:
        """The trail of a value that is no weight; of a sparse one, that of its rows."""
        mark = self.mark(getattr(tensor, "values", tensor))
        if type(mark) is frozenset:
            return mark
        return mark.trail if type(mark) is Rows else NOTHING
