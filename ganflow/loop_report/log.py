"""What an observer writes down while a loop runs; bounded, however long it runs."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple, SupportsFloat

from ganflow.loop_report.record import Move, Place

MOVES_KEPT = 400
PULLS_KEPT = 8


@dataclass(eq=False)
class Backward:
    """One backward pass, and the fate of what it sent.

    Parameters
    ----------
    number : int
        From 0.
    place : Place
        The line that asked for it.
    reads : frozenset of str
        The players whose weights its losses were made from.
    """

    number: int
    place: Place
    reads: frozenset[str] = frozenset()
    started: int = 0  # moves before it
    arrived: Counter = field(default_factory=Counter)  # player -> tensors
    lying: Counter = field(default_factory=Counter)  # of them, without a fate yet
    used: Counter = field(default_factory=Counter)
    again: Counter = field(default_factory=Counter)
    wiped: Counter = field(default_factory=Counter)
    asked: frozenset[str] = frozenset()  # by whose weights, where a call says so
    rounded: dict[str, Place] = field(default_factory=dict)  # read in whole numbers
    bare: bool = False  # it began at a value without a history
    wiped_at: dict[str, Place] = field(default_factory=dict)
    thrown: set[str] = field(default_factory=set)  # worked out for them, and dropped
    users: dict[str, int] = field(default_factory=dict)  # player -> its first move
    flops: Counter = field(default_factory=Counter)  # (owner, kind, behind) -> n
    pulls: list[Pull] = field(default_factory=list)
    cleared: int = 0  # moves before something of it was cleared
    skipped: bool = False  # a scaler left its step out
    held: bool = False  # a step that evaluates its closure is still running
    reread: set[str] = field(default_factory=set)  # ran again with newer weights

    def fate(self, player: str) -> str | None:
        """One of `record.FATES`; None while nothing is known."""
        if self.again[player]:
            return "stepped again"
        if self.used[player]:
            return "stepped"
        if self.wiped[player] and not self.lying[player]:
            return "wiped"
        return None

    @property
    def orphan(self) -> bool:
        """All that it sent was cleared, and no step took any of it."""
        if self.skipped or not self.wiped or self.used:
            return False
        return not any(self.lying.values())


class Pull(NamedTuple):
    """How a backward pass pulls a critic's score of one batch.

    Parameters
    ----------
    critic : str
        Whose score it is.
    maker : str or None
        Who made what is scored; None for data.
    scores : list, or array, of float
        Some of the scores.
    slopes : list, or array, of float
        The loss's derivatives by them.
    place : Place
        Where the score was made.
    count : int
        How many scores there were.
    cut : bool
        No derivative by the scores goes on to their maker.
    """

    critic: str
    maker: str | None
    scores: Any
    slopes: Any
    place: Place
    count: int = 1
    cut: bool = False


class Pulled(NamedTuple):
    """A pull that has fed a move.

    Parameters
    ----------
    move : int
        The number of the move.
    back : Backward
        The pass that pulled.
    pull : Pull
        How.
    """

    move: int
    back: Backward
    pull: Pull


@dataclass
class Note:
    """Something that an observer saw at once, such as a stale read.

    Parameters
    ----------
    times : int
        How often.
    also : tuple of Place
        Other lines that belong to it.
    facts : dict
        What the sentence of the catalogue needs.
    """

    times: int = 0
    also: tuple[Place, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class Idle(NamedTuple):
    """A step that moved nobody.

    Parameters
    ----------
    place : Place
        The line of the step.
    back : Backward or None
        The last backward pass before it.
    cut : Place or None
        Where the way from its players to that pass's loss was cut, if it was.
    wiped : bool
        The gradients had been cleared right before: that is told by itself.
    """

    place: Place
    back: Backward | None
    cut: Place | None = None
    wiped: bool = False


@dataclass
class Group:
    """What one optimizer was seen to do.

    Parameters
    ----------
    name : str
        Its class.
    made : Place or None
        Where it was made, if that was seen.
    """

    name: str
    made: Place | None = None
    stepped: Place | None = None
    holds: Counter = field(default_factory=Counter)  # player -> tensors
    foreign: int = 0
    twin_of: str | None = None  # foreign tensors have this player's shapes
    moves: Counter = field(default_factory=Counter)  # player -> moves
    idle: list[Idle] = field(default_factory=list)  # steps that moved nobody, a few


class Log:
    """All that was seen. Observers of both frameworks write here.

    Attributes
    ----------
    players : dict of player -> int
        How many weights each has.
    versions : Counter
        How many moves each has made.
    moves : deque of Move
        The last ones.
    """

    def __init__(self):
        self.players: dict[str, int] = {}
        self.trainable: set[str] = set()
        self.versions: Counter = Counter()
        self.moves: deque[Move] = deque(maxlen=MOVES_KEPT)
        self.move_count = 0
        self.notes: dict[tuple[str, Place], Note] = {}
        self.skips: deque[tuple[int, str]] = deque(maxlen=MOVES_KEPT)
        self.groups: dict[int, Group] = {}
        self.arrivals: dict[tuple[Place, str], Counter] = defaultdict(Counter)
        self.tensors: Counter = Counter()  # (place, player) -> most tensors
        self.orphans: Counter = Counter()  # (place of the pass, of the wipe, players)
        self.rehearsed: Counter = Counter()  # of those, begun before the first move
        self.outlived: Counter = Counter()  # of those, cleared after another's move
        self.flops: Counter = Counter()  # (place, owner, kind) -> n
        self.wasted: Counter = Counter()
        self.wasted_for: dict[tuple[Place, str, str], set[str]] = defaultdict(set)
        self.pulled: dict[tuple[str, str | None, str], deque[Pulled]] = defaultdict(
            lambda: deque(maxlen=PULLS_KEPT)
        )
        self.sizes: dict[str, deque[SupportsFloat]] = defaultdict(
            lambda: deque(maxlen=4)
        )
        self.open: dict[int, Backward] = {}
        # Makers and critics of their samples, in losses that have moved the maker: by
        # the scores, or only by other parts, and where the scores were cut.
        self.heard: set[tuple[str, str]] = set()
        self.unheard: dict[tuple[str, str], tuple[Place, Backward]] = {}
        self.called: set[str] = set()  # players whose weights were read
        self.taught: set[str] = set()  # of those, on a graph
        self.shapes: dict[str, tuple] = {}  # of their weights, sorted
        self.scaled = False  # a gradient scaler was seen
        self.strays: dict[Place, int] = {}  # pass -> weights of nobody that it reached
        self.still: dict[str, int] = {}  # player -> weights that get gradients alone
        self.averaged: dict[str, set[int]] = defaultdict(set)
        self.average_places: dict[str, Place] = {}
        self.buffers_copied: set[str] = set()
        self.normed: set[str] = set()  # players with running statistics
        self.unseen: dict[str, None] = {}
        self._numbers = count()
        self._last: set[int] = set()  # the weights of the last move

    # -- what observers say

    def note(
        self, what: str, place: Place, also: Iterable[Place] = (), **facts: object
    ) -> None:
        """Write down that something of the catalogue was seen at a line."""
        note = self.notes.setdefault((what, place), Note(facts=facts))
        note.times += 1
        note.also = tuple(dict.fromkeys((*note.also, *also)))[:4]

    def twice(self, player: str, first: Place, place: Place) -> None:
        """Write down that a player was called on the same input as at another line."""
        again = "more than once" if first == place else f"and at {first}"
        self.note("scored-twice", place, [first], player=player, again=again)

    def cannot_see(self, sentence: str) -> None:
        """Write down what is hidden, once."""
        self.unseen[sentence] = None

    def skip(self, player: str) -> None:
        """Say that a scaler has left out a step of a player."""
        self.skips.append((self.move_count, player))

    def backward(self, place: Place, reads: Iterable[str]) -> Backward:
        """Begin a backward pass."""
        number = next(self._numbers)
        back = Backward(number, place, frozenset(reads), started=self.move_count)
        self.open[back.number] = back
        return back

    def arrive(self, back: Backward, player: str, tensors: int = 1) -> None:
        """Say that a pass has sent something to so many weights of a player."""
        back.arrived[player] += tensors
        back.lying[player] += tensors
        self.open[back.number] = back

    def wipe(self, back: Backward, player: str, place: Place, *, fresh: bool) -> None:
        """Say that what lay in one weight's gradient is gone; `fresh` if unused."""
        if fresh:
            back.wiped[player] += 1
            back.wiped_at.setdefault(player, place)
            back.cleared = self.move_count
            back.lying[player] -= 1

    def throw(self, back: Backward, player: str) -> None:
        """Say that what a pass gave to a player is gone, and no step took any of it."""
        back.lying[player] = 0
        if not back.used[player]:
            back.thrown.add(player)

    def use(self, back: Backward, player: str, *, again: bool) -> None:
        """Say that a step took what lies in one weight's gradient."""
        if again:
            back.again[player] += 1
        else:
            back.used[player] += 1
            back.lying[player] -= 1
            back.users.setdefault(player, self.move_count)

    def moved(self, move: Move) -> None:
        """Add a move; its version is the player's newest from now on."""
        self.moves.append(move)
        self.move_count += 1
        self.versions[move.player] = move.version

    def used_inside(self, back: Backward, players: Iterable[str]) -> None:
        """Say that a step evaluated this pass in its closure, for these players."""
        back.held = False
        for player in players:
            if back.wiped[player]:
                back.used[player] += back.wiped.pop(player)
                back.users.setdefault(player, self.move_count)

    def pull(self, player: str, backs: Iterable[Backward]) -> None:
        """Say that these passes have fed the last move, one of `player`."""
        number = self.move_count - 1
        for back in backs:
            for pull in back.pulls:
                if pull.cut and pull.maker == player:
                    continue  # it was moved by another part of the loss
                key = (pull.critic, pull.maker, player)
                self.pulled[key].append(Pulled(number, back, pull))

    def leftovers(self, player: str, place: Place, backs: list[Backward]) -> None:
        """Look for passes that a step of another has used up before the newest began.

        Parameters
        ----------
        player : str
            Who moves now.
        place : Place
            The line of the step.
        backs : list of Backward
            The passes that feed the step.
        """
        own = [back for back in backs if set(back.users) <= {player}]
        if not own:
            return
        begun = max(back.started for back in own)
        for back in backs:
            if any(who != player and at < begun for who, at in back.users.items()):
                newest = max(own, key=lambda one: one.number)
                self.note(
                    "other-loss-leftovers",
                    place,
                    [back.place, newest.place],
                    player=player,
                    line=str(back.place),
                )

    def step(self, move: Move, weights: set[int], *, parts: bool) -> None:
        """Add a move, or join it to the last: another part of the same player.

        Parameters
        ----------
        move : Move
            What a step did to one player.
        weights : set of int
            The weights that it moved, by the observer's keys.
        parts : bool
            The step moved this player alone.
        """
        last = self.moves[-1] if self.moves else None
        joins = parts and last and last.player == move.player
        if last is None or not joins or self._last & weights:
            self.moved(move)
            self._last = set(weights)
            return
        player = move.player  # this part of it is still what it was before the other
        own = {min(v, last.newest[player]) for v in move.reads.get(player, ())}
        both = (last.reads, {**move.reads, player: own})
        reads = {
            who: tuple(sorted({v for read in both for v in read.get(who, ())}))
            for who in {**last.reads, **move.reads}
        }
        self.moves[-1] = dataclasses.replace(
            last,
            reads=reads,
            newest={**move.newest, **last.newest},
            tensors=last.tensors + move.tensors,
            fed_by=tuple(dict.fromkeys((*last.fed_by, *move.fed_by))),
            calls=last.calls | move.calls,
            blind=last.blind or move.blind,
            torn=last.torn | move.torn,
        )
        self._last |= weights

    def undo(self, player: str, version: int) -> None:
        """Say that a player's weights are again those of an earlier version."""
        for place in range(len(self.moves) - 1, -1, -1):
            move = self.moves[place]
            if move.player == player:
                if move.undone or move.version <= version:
                    return
                self.moves[place] = dataclasses.replace(move, undone=True)

    # -- what is folded

    def close(self) -> None:
        """Fold every pass whose fate is known into the tables."""
        for number, back in list(self.open.items()):
            if not back.held and not any(n > 0 for n in back.lying.values()):
                del self.open[number]
                self._fold(back)

    def _fold(self, back: Backward) -> None:
        for player, tensors in back.arrived.items():
            key = (back.place, player)
            self.arrivals[key][back.fate(player) or "left behind"] += 1
            self.tensors[key] = max(self.tensors[key], tensors)
        if back.orphan:
            player = next(iter(back.wiped))
            where = (back.place, back.wiped_at[player], tuple(sorted(back.wiped)))
            self.orphans[where] += 1
            self.rehearsed[where] += not back.started
            self.outlived[where] += back.cleared > back.started
        for (owner, kind, behind), n in back.flops.items():
            key = (back.place, owner, kind)
            self.flops[key] += n
            if behind and all(
                who in back.thrown or back.fate(who) == "wiped" for who in behind
            ):
                if not back.skipped:
                    self.wasted[key] += n
                    self.wasted_for[key] |= behind
