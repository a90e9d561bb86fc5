"""What was seen of a training loop, as plain data: moves, arrivals, findings, cost."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ganflow.schedule import Schedule

LEVELS = ("error", "warning", "note")
FATES = ("stepped", "stepped again", "wiped", "left behind")
PASSES = ("forward", "weights", "through")


class Place(NamedTuple):
    """A line of the user's code.

    Parameters
    ----------
    file : str
        The path as Python knows it; "" where no line of the user's was seen. A cell of
        a notebook is shown by its number, as `In[7]`.
    line : int
        From 1; 0 where unknown.
    """

    file: str
    line: int

    def __str__(self) -> str:
        return f"{_name(self.file)}:{self.line}" if self.file else "unknown line"

    @property
    def source(self) -> str:
        """The text of the line, without its indentation; "" where it is not kept."""
        return linecache.getline(self.file, self.line).strip()


UNKNOWN = Place("", 0)


def _name(file: str) -> str:
    """A file's name; of a notebook's cell the number of its latest run, as "In[7]"."""
    notebook = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    code = "".join(linecache.getlines(file)).rstrip("\n")
    if notebook and code:
        # IPython 8 knows the number by the file's name, IPython 7 (Colab's) does not.
        cells = notebook.history_manager.input_hist_parsed
        for number in reversed(range(len(cells))):
            if cells[number] == code:
                return f"In[{number}]"
    return Path(file).name


@dataclass(frozen=True)
class Move:
    """One update of one player.

    Parameters
    ----------
    number : int
        From 0, in the order of the loop.
    player : str
        Who moved.
    version : int
        >= 1, of the player's weights that the move made; a loop starts at version 0.
    place : Place
        The line of the step.
    reads : dict of player -> tuple of int
        The versions of each player's weights that the derivative was made from, the
        player's own among them, ascending. A player that is missing was not read.
    newest : dict of player -> int
        The newest version of each player when the step was taken.
    tensors : int
        Weights that moved.
    of : int
        All weights of the player.
    fed_by : tuple of Place
        The lines of the backward passes whose derivatives the step took.
    by : str
        What moved it: the optimizer's class, or "hand" for a written update.
    joint : bool
        The same step moved the player of the move before, too.
    calls : frozenset of int
        The calls of networks that the derivative was made from, by their numbers: two
        moves that share one were made from the same forward pass.
    blind : bool
        Something that it read came in from where nothing is seen (NumPy, disk, another
        process): what it has read is then a part of the truth.
    undone : bool
        The weights of before the move were put back later.
    torn : frozenset of str
        Players that one score, or the walk over it, read partly before and partly after
        a step of theirs: the derivative belongs to none of the versions in `reads`.
    """

    number: int
    player: str
    version: int
    place: Place
    reads: Mapping[str, tuple[int, ...]]
    newest: Mapping[str, int]
    tensors: int
    of: int
    fed_by: tuple[Place, ...] = ()
    by: str = ""
    joint: bool = False
    calls: frozenset[int] = frozenset()
    blind: bool = False
    undone: bool = False
    torn: frozenset[str] = frozenset()

    @property
    def lags(self) -> dict[str, tuple[int, ...]]:
        """For each other player read: how many of its moves lie behind the newest."""
        return {
            player: tuple(sorted(self.newest[player] - v for v in versions))
            for player, versions in self.reads.items()
            if player != self.player
        }


@dataclass(frozen=True)
class Arrival:
    """What the backward passes of one line sent to one player, and what became of it.

    Parameters
    ----------
    place : Place
        The line of the backward pass.
    player : str
        Whose `.grad` it arrived in.
    tensors : int
        Weights that received a derivative, the most of one pass.
    of : int
        All weights of the player.
    times : int
        Passes of this line that reached the player.
    fates : dict of fate -> int
        How many of them were "stepped" (a step took it), "stepped again" (two steps
        did), "wiped" (cleared before any step) or "left behind" (it still lies there).
    """

    place: Place
    player: str
    tensors: int
    of: int
    times: int
    fates: Mapping[str, int]


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, doubtful, or wasted.

    Parameters
    ----------
    id : str
        Its name, such as "never-cleared".
    level : str
        "error", "warning" or "note".
    place : Place
        The line to look at.
    sentence : str
        What was seen.
    cure : str
        What to change.
    link : str
        The section of the book, as a path of its site, such as
        "notebooks/04_turns/take_turns.html".
    times : int
        How often it was seen.
    also : tuple of Place
        Other lines that belong to it.
    facts : dict
        What the sentence and the cure name: a player, a share.

    Raises
    ------
    ValueError
        An unknown level.
    """

    id: str
    level: str
    place: Place
    sentence: str
    cure: str
    link: str
    times: int = 1
    also: tuple[Place, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self):
        if self.level not in LEVELS:
            raise ValueError(f"level is {self.level!r}; expected one of {LEVELS}")


@dataclass(frozen=True)
class CostRow:
    """Floating-point operations of one line of the loop, in a cycle of its schedule.

    Parameters
    ----------
    place : Place
        The line of the forward call or of the backward pass.
    player : str
        Whose layers ran; "" for those of nobody.
    kind : str
        "forward", "weights" (derivatives by weights) or "through" (derivatives handed
        on through the layers).
    flops : float, >= 0
        In one cycle, on average; a product and a sum are two.
    wasted : float, >= 0
        How many of them led to nothing: wiped unused, or the same call made twice.
    """

    place: Place
    player: str
    kind: str
    flops: float
    wasted: float = 0.0


@dataclass(frozen=True)
class LoopCost:
    """What a cycle of the loop cost.

    Parameters
    ----------
    rows : tuple of CostRow
        By line, player and kind.
    """

    rows: tuple[CostRow, ...] = ()

    @property
    def flops(self) -> float:
        """All operations of a cycle."""
        return sum(row.flops for row in self.rows)

    @property
    def wasted(self) -> float:
        """The share of them, 0 to 1, that led to nothing."""
        return sum(row.wasted for row in self.rows) / self.flops if self.flops else 0.0


@dataclass(frozen=True)
class LoopRecord:
    """What a loop did, as plain data; a `LoopReport` is one that has forms to read.

    Parameters
    ----------
    players : dict of player -> int
        How many weights (tensors) each has.
    name : str
        The schedule in words, or why it has none.
    schedule : Schedule or None
        The schedule of the book that the loop runs, if it is one.
    settled : bool
        The pattern of the moves has repeated twice.
    settled_after : int or None
        After how many moves it had.
    cycle : int or None
        Moves in one repetition.
    moves : tuple of Move
        Those that are kept: the last few hundred at most.
    move_count : int
        All moves that were seen.
    arrivals : tuple of Arrival
        Line by line and player by player.
    findings : tuple of Finding
        Errors first.
    cost : LoopCost
        FLOPs by line, player and kind of pass.
    unseen : tuple of str
        What could not be seen, a sentence each.
    notes : tuple of str
        How the players were found, where nobody named them.
    roles : dict of player -> str
        "D" for who scores and "G" for whose samples it scores, in the book's words.
    """

    players: Mapping[str, int]
    name: str
    schedule: Schedule | None
    settled: bool
    settled_after: int | None
    cycle: int | None
    moves: tuple[Move, ...]
    move_count: int
    arrivals: tuple[Arrival, ...]
    findings: tuple[Finding, ...]
    cost: LoopCost = field(default_factory=LoopCost)
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The whole report as plain data, for JSON.

        Returns
        -------
        dict
            The fields, with places as {"file": …, "line": …, "source": …}, the schedule
            as its text, and levels, fates and kinds as they are.
        """
        plain = _plain(self)
        plain["schedule"] = self.schedule and self.schedule.text
        plain["cost"]["flops"] = self.cost.flops
        plain["cost"]["wasted"] = self.cost.wasted
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Place):
        return {"file": value.file, "line": value.line, "source": value.source}
    if isinstance(value, Schedule):
        return asdict(value)
    if hasattr(value, "__dataclass_fields__"):
        return {
            name: _plain(getattr(value, name)) for name in value.__dataclass_fields__
        }
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value
