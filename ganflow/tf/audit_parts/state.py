"""What all parts of an audit share: the log, who runs now, who is recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

from ganflow.loop_audit.origins import Trail
from ganflow.loop_report import Move, Place
from ganflow.loop_report.log import Backward, Log
from ganflow.tf.audit_parts.marks import Call, Memory, Origin, Record, is_origin
from ganflow.tf.audit_parts.players import Players
from ganflow.tf.load import tf

ORIGINS_KEPT = 16


class State:
    """The state of one audit."""

    def __init__(self):
        self.log = Log()
        self.memory = Memory()
        self.players = Players()
        self.busy = False  # inside an optimizer's step: operations are nobody's
        self.touched: set[int] = set()  # handles of weights that it has written
        self.call: Call | None = None
        self.back: Backward | None = None
        self.tape = -1  # the number of the tape that is asked
        self.recording: dict[int, Record] = {}  # tapes that record now, by number
        self.in_jacobian = False
        self.hidden: set[str] = set()  # players that a function may have moved unseen
        self.left: dict[str, Place] = {}  # players whose values left for NumPy
        self.unread: dict[int, Call] = {}  # calls whose output nothing has read yet
        self.openly = False  # both gradients were taken before the first of two steps
        self.reached: set[int] = set()  # handles of weights that got a gradient
        self.stepped: set[int] = set()  # and of those that a step moved
        self.feeds: dict[tuple[str, str], None] = {}
        self.after_move: Callable[[], None] | None = None
        self._doubted: set[int] = set()  # calls for which the last move may be blind
        self._told = 0  # moves that it was called for
        self.calls_of: WeakKeyDictionary[Backward, list[Call]] = WeakKeyDictionary()
        self._numbers = count()
        self._origins: dict[tuple, Trail] = {}
        self._checked: dict[int, Any] = {}

    def add_player(self, name: str, members: Iterable[Any]) -> None:
        """Let a player in.

        Parameters
        ----------
        name : str
            Its role.
        members : list of networks or variables
            What plays it.
        """
        self.players.add(name, members)
        self.log.players = self.players.sizes()

    def tell(self) -> None:
        """Say that players have moved, where it does no harm if that ends the loop."""
        if self.after_move is not None and self.log.move_count > self._told:
            self._told = self.log.move_count
            self.after_move()

    def tag(self, kind: type, *args: Any) -> Any:
        """A mark of one use, with a number of its own."""
        return kind(next(self._numbers), *args)

    def watching(self, player: str) -> frozenset[int]:
        """The tapes that record now and watch the weights of a player."""
        if not self.recording:
            return frozenset()
        weights = self.players.of(player)  # none yet: its first call makes them
        learns = not weights or any(weight.trainable for weight in weights)
        return frozenset(
            number
            for number, record in self.recording.items()
            if player in record.players or (learns and record.accessed)
        )

    def new_origin(self, player: str, version: int, call: Call) -> Origin:
        """The weights of a player as one of its calls reads them."""
        return self.tag(Origin, player, version, call, call.tapes)

    def origin(self, player: str, version: int, statistics: bool) -> Trail:
        """The trail of a player's variables that are read outside of its calls."""
        tapes = self.watching(player)
        key = (player, version, statistics, tapes)
        known = self._origins.get(key)
        if known is None:
            if len(self._origins) > ORIGINS_KEPT:
                self._origins.clear()
            one = self.tag(Origin, player, version, None, tapes, statistics)
            known = self._origins[key] = frozenset((one,))
        return known

    def met(self, player: str, found: Iterable[Any]) -> None:
        """Say that values with this trail have entered a player."""
        for one in found:
            if type(one) is Origin and one.player != player:
                self.feeds[one.player, player] = None

    def builds(self, handle: Any) -> bool:
        """Whether a variable turns out to be one that the running call has made."""
        call = self.call
        if call is None or self._checked.get(id(handle)) is handle:
            return False
        self.players.refresh(call.player)
        self.log.players = self.players.sizes()
        known = self.players.weight(handle) or self.players.moving(handle)
        if known is None:
            if len(self._checked) > ORIGINS_KEPT:
                self._checked.clear()
            self._checked[id(handle)] = handle
        return known is not None

    def still(self) -> dict[str, int]:
        """How many weights of players that move got gradients, and never moved."""
        owners = (self.players.weights[key][0] for key in self.reached - self.stepped)
        found = Counter(who for who in owners if self.log.versions[who] > 1)
        return dict(found)

    def use(self, trail: Iterable[Any]) -> None:
        """Say that an operation has read values with this trail."""
        if self.unread or self._doubted:
            for one in trail:
                if type(one) is Origin and one.call is not None:
                    self.unread.pop(one.call.number, None)
                    self._see(one.call.number)

    def _see(self, call: int) -> None:
        """A call's output is read only now: the last moves did not read it unseen."""
        if call not in self._doubted:
            return
        self._doubted.discard(call)
        moves = self.log.moves
        if not self._doubted and moves and not self.left:
            moves[-1] = replace(moves[-1], blind=False)

    def is_nothing(self, gradient: Any) -> bool:
        """Whether a gradient is zeros in the place of None: made from nothing."""
        if gradient is None or not isinstance(gradient, tf.Tensor):
            return gradient is None
        trail = self.memory.trail(gradient)  # TensorFlow uses one zero often
        return not any(map(is_origin, trail)) and not gradient._numpy().any()

    def is_blind(self, who: str, read: Iterable[str]) -> bool:
        """Whether a move may have read what went by where nothing is seen."""
        others = set(self.log.players) - {who}
        if others & set(read):
            return False
        lost = {call.player for call in self.unread.values()} | set(self.left)
        return bool(others & lost)

    def move(
        self,
        who: str,
        trail: Trail,
        backs: list[Backward],
        place: Place,
        by: str,
        weights: set[int],
        *,
        joint: bool = False,
        parts: bool = True,
    ) -> None:
        """Write a move down, and look at what led to it.

        Parameters
        ----------
        who : str
            Who moved.
        trail : Trail
            What its derivative was made from.
        backs : list of Backward
            The passes that gave it, oldest first.
        place : Place
            The line.
        by : str
            The optimizer's class, or "hand".
        weights : set of int
            What moved.
        joint : bool
            The same step has moved another player, too.
        parts : bool
            It moved nobody else.
        """
        log = self.log
        read: dict[str, set[int]] = {}
        calls = set()
        for one in trail:
            if type(one) is Origin:
                read.setdefault(one.player, set()).add(one.version)
                if one.call is not None:
                    calls.add(one.call.number)
        torn = {
            name: back
            for back in backs
            for name in sorted(back.reread)
            if len(read.get(name, ())) > 1
        }
        for name, back in torn.items():
            log.note("old-and-new-weights", back.place, [place], player=name)
        move = Move(
            number=log.move_count,
            player=who,
            version=log.versions[who] + 1,
            place=place,
            reads={name: tuple(sorted(found)) for name, found in read.items()},
            newest=dict(log.versions) | {name: log.versions[name] for name in read},
            tensors=len(weights),
            of=log.players.get(who, len(weights)),
            fed_by=tuple(back.place for back in backs),
            by=by,
            joint=joint,
            calls=frozenset(calls),
            blind=self.is_blind(who, read),
            torn=frozenset(torn),
        )
        last = log.moves[-1].player if log.moves else who
        if last != who and backs and backs[-1].started < log.move_count:
            self.openly = True
        self.stepped |= weights
        log.step(move, weights, parts=parts)
        log.pull(who, backs)
        log.leftovers(who, place, backs)
        self._doubted = set(self.unread) if move.blind else set()
        self.unread.clear()
        for back in backs:
            self._look_at_calls(who, back)

    def _look_at_calls(self, who: str, back: Backward) -> None:
        """What the calls behind a move say of it."""
        before = self.log.versions[who] - 1
        for call in self.calls_of.get(back, ()):
            if call.player != who:
                continue
            if call.walked and call.rests and not call.trains:
                self.log.note("left-in-eval", call.place, player=who)
            if call.whole and not call.walked and call.version == before:
                self.log.note("dead-score", call.place, [back.place], player=who)
