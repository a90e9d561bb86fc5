"""Optimizers' steps: who moved, on what, and what the gradients had been made from."""

from __future__ import annotations

import math
import sys
import weakref
from collections import Counter
from collections.abc import Sequence
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.memory import Weight
from ganflow.loop_audit.origins import CLEARED, NOTHING, Derivative, Origin, Trail
from ganflow.loop_audit.places import here
from ganflow.loop_audit.pulls import is_looked_at
from ganflow.loop_report import Move, Place
from ganflow.loop_report.log import Backward, Group, Idle


class Steps:
    """Writes moves down: an optimizer's, or those that the loop writes by hand.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self.count = 0  # of optimizers' steps, whoever moved
        self._groups: weakref.WeakKeyDictionary[Any, Group] = (
            weakref.WeakKeyDictionary()
        )
        self._hand: dict[str, Any] | None = None
        self._begun: list[tuple[Any, int, FrameType]] = []
        self._evaluated = False  # the step has called its closure
        self._held: set[int] = set()  # tensors of nobody that an optimizer holds
        self._strays: dict[Place, dict[int, weakref.ref]] = {}

    # -- an optimizer's step

    def before(self, optimizer, args: tuple, kwargs: dict):
        """The hook before a step: look at the gradients, watch the closure."""
        observer = self._observer
        if observer.back is None:  # a step inside of a walk is in the walk's thread
            observer.follow()
        self.finish_hand()
        for group in optimizer.param_groups:
            for p in group["params"]:
                if (owner := observer.players.of(p)) is not None:
                    observer.restored(owner, (observer.memory.mark(p),))
        observer.gradients.look(here())
        observer.closure_backs.clear()
        self._evaluated = False
        self._begun.append((optimizer, self.count, sys._getframe(1)))
        observer.busy += 1
        observer.operations.leave()
        if len(args) > 1 and callable(args[1]):
            return (args[0], self._watched(args[1]), *args[2:]), kwargs
        if callable(kwargs.get("closure")):
            return args, {**kwargs, "closure": self._watched(kwargs["closure"])}
        return None

    def _watched(self, closure):
        observer = self._observer

        def run(*args, **kwargs):
            busy, observer.busy = observer.busy, 0
            self._evaluated = True
            observer.in_closure += 1
            off = not observer.operations.on
            if off:
                observer.operations.__enter__()
            try:
                return closure(*args, **kwargs)
            finally:
                observer.in_closure -= 1
                observer.busy = busy
                if off:
                    observer.operations.leave()

        return run

    def after(self, optimizer, args: tuple, kwargs: dict) -> None:
        """The hook after a step: write the moves down."""
        observer, count = self._observer, self.count
        while self._begun:  # a step that raised is still there
            begun, count, _ = self._begun.pop()
            if begun is optimizer:
                break
        try:
            inner = self.count > count  # an optimizer inside this one has stepped
            if not inner and not _is_left_out(optimizer):
                self._note(optimizer, here())
        finally:
            observer.busy = len(self._begun)
            if not self._begun and not observer.operations.on:
                observer.operations.__enter__()
        if observer.after_move is not None:
            observer.after_move(observer)

    def give_up(self) -> None:
        """Watch on if the steps that have begun are over: they raised, and were caught.

        No hook is called after a step that raises.
        """
        begun = {frame for _, _, frame in self._begun}
        frame = sys._getframe(1)
        while frame is not None:
            if frame in begun:
                return
            frame = frame.f_back
        self._begun.clear()
        self._observer.busy = 0
        if not self._observer.operations.on:
            self._observer.operations.__enter__()

    def forget(self) -> None:
        """The watch is over: keep nothing of a step that has begun."""
        self._begun.clear()

    def group(self, optimizer) -> Group:
        """What is known of an optimizer."""
        group = self._groups.get(optimizer)
        if group is None:
            group = self._groups[optimizer] = Group(type(optimizer).__name__)
            self._observer.log.groups[len(self._observer.log.groups)] = group
        return group

    def _note(self, optimizer, place: Place) -> None:
        observer, self.count = self._observer, self.count + 1
        if self._evaluated:
            observer.gradients.look()
        group = self.group(optimizer)
        group.stepped = place
        held = [p for g in optimizer.param_groups for p in g["params"]]
        rates = {
            id(p)
            for g in optimizer.param_groups
            if "lr" in g and not g["lr"]
            for p in g["params"]
        }  # weights whose learning rate is 0
        mine: dict[str, list[Tensor]] = {}
        foreign = []
        for p in held:
            owner = observer.players.of(p)
            if owner is None:
                foreign.append(p)
            else:
                mine.setdefault(owner, []).append(p)
        group.holds = Counter({who: len(ps) for who, ps in mine.items()})
        for back in observer.closure_backs:
            observer.log.used_inside(back, mine)
        observer.closure_backs.clear()
        self._held.update(map(id, foreign))
        self._note_foreign(group, foreign)
        moved = {}
        for who, ps in mine.items():
            fed = [p for p in ps if p.grad is not None and not self._is_cleared(p)]
            if fed and not rates.issuperset(map(id, fed)):
                moved[who] = fed
        if not moved:
            self._note_idle(group, mine, place)
        joint = False
        for who, ps in moved.items():
            group.moves[who] += 1
            self._move(who, ps, place, group.name, joint=joint, parts=len(moved) == 1)
            joint = True
        observer.players.remark()

    def note_strays(self, weights: list[nn.Parameter], place: Place) -> None:
        """Remember weights of nobody that a backward pass reaches."""
        known = self._strays.setdefault(place, {}) if weights else {}
        for p in weights:
            known.setdefault(id(p), weakref.ref(p))

    def strays(self) -> dict[Place, int]:
        """How many weights each pass reaches that neither player nor optimizer has."""
        players, found = self._observer.players, {}
        for place, known in self._strays.items():
            lost = [
                key
                for key, ref in known.items()
                if ref() is not None and key not in self._held
                if key not in players.weights
            ]
            if lost:
                found[place] = len(lost)
        return found

    def _is_cleared(self, p: Tensor) -> bool:
        trail = NOTHING if p.grad is None else self._observer.memory.trail(p.grad)
        return CLEARED in trail and not any(type(o) is Derivative for o in trail)

    def _note_foreign(self, group: Group, foreign: list[Tensor]) -> None:
        observer = self._observer
        group.foreign = len(foreign)
        if not foreign or group.holds:
            return
        shapes = Counter(tuple(p.shape) for p in foreign)
        for who in observer.players.members:
            theirs = Counter(tuple(p.shape) for p in observer.players.tensors(who))
            if theirs and not theirs - shapes:
                group.twin_of = who

    def _note_idle(self, group: Group, mine, place: Place) -> None:
        """A step that moved nobody, and why."""
        observer = self._observer
        back, wipe = observer.last_back, observer.gradients.last_wipe
        players = set(mine)
        if not players:
            return
        if wipe is not None and players & wipe[1]:
            group.idle = [*group.idle[-7:], Idle(place, back, wiped=True)]
            return
        cut = None
        learns = any(p.requires_grad for ps in mine.values() for p in ps)
        # What another's step has taken, or what asks for others' derivatives alone, is
        # no loss of these players.
        own = back is not None and not back.asked and not set(back.used) - players
        if back is not None and learns and own:
            read = back.reads | set(observer.left) | set(back.rounded)
            lost = players & read - set(back.arrived)
            if lost or back.bare:
                cut = observer.cutting_place(back, lost)
        group.idle = [*group.idle[-7:], Idle(place, back, cut)]

    def _move(
        self, who: str, ps: list[Tensor], place: Place, by: str, *, joint, parts
    ) -> None:
        """One player's weights have moved on what lies in their gradients."""
        observer, log = self._observer, self._observer.log
        memory, gradients = observer.memory, observer.gradients
        trail = NOTHING
        for p in ps:
            one = NOTHING if p.grad is None else memory.trail(p.grad)
            trail = one if not trail else trail if one <= trail else trail | one
        self._note_copies(who, trail, place)
        backs = gradients.take(who, ps, place)
        move = self._record(who, trail, backs, place, by, len(ps), joint)
        keys = {id(p) for p in ps}
        self._note_torn(move, trail)
        observer.passes.moved(keys, place)
        log.step(move, keys, parts=parts)
        log.pull(who, backs)
        log.leftovers(who, place, backs)
        observer.sizes.moved(who, ps)
        observer.look_at_calls(who, backs)

    def _note_copies(self, who: str, trail: Trail, step: Place) -> None:
        """Note an opponent that was read by an old copy of its weights alone."""
        log = self._observer.log
        read: dict[str, list[Origin]] = {}
        for o in trail:
            if type(o) is Origin and o.player != who:
                read.setdefault(o.player, []).append(o)
        for other, origins in read.items():
            newest = max(o.version for o in origins)
            late = log.versions[other] - newest
            copy = next((o.copy for o in origins if o.copy is not None), None)
            if late > 0 and copy is not None and all(o.copy for o in origins):
                log.note("stale-weight-copy", copy, [step], player=other, late=late)

    def _note_torn(self, move: Move, trail: Trail) -> None:
        """Note what a walk read of weights that had been stepped in between."""
        for o in trail:
            if type(o) is Origin and o.torn and o.player in move.torn:
                where = o.torn
                self._observer.log.note(
                    "old-and-new-weights",
                    where.back,
                    [where.step, move.place],
                    player=o.player,
                )

    def _record(
        self,
        who: str,
        trail: Trail,
        backs: list[Backward],
        place: Place,
        by: str,
        tensors: int,
        joint: bool,
    ) -> Move:
        observer, log = self._observer, self._observer.log
        read: dict[str, set[int]] = {}
        calls: dict[int, set[int]] = {}
        torn = set()
        for o in trail:
            if type(o) is Origin:
                read.setdefault(o.player, set()).add(o.version)
                if o.torn:
                    torn.add(o.player)
                if o.call is not None:
                    versions = calls.setdefault(o.call.number, set())
                    versions.add(o.version)
                    if len(versions) > 1:
                        torn.add(o.player)
        return Move(
            number=log.move_count,
            player=who,
            version=log.versions[who] + 1,
            place=place,
            reads={name: tuple(sorted(found)) for name, found in read.items()},
            newest=dict(log.versions) | {n: log.versions[n] for n in read},
            tensors=tensors,
            of=log.players.get(who, tensors),
            fed_by=tuple(back.place for back in backs),
            by=by,
            joint=joint,
            calls=frozenset(calls),
            blind=observer.is_blind(who, read),
            torn=frozenset(name for name in torn if len(read[name]) > 1),
        )

    # -- an update written by hand

    def by_hand(
        self, mark: Weight, trail: Trail, derivatives: list[Derivative]
    ) -> None:
        """A weight was overwritten with what a backward pass gave."""
        hand = self._hand
        if hand and (hand["who"] != mark.player or mark.key in hand["keys"]):
            self.finish_hand()
            hand = None
        if hand is None:
            self._hand = hand = {
                "who": mark.player,
                "keys": set(),
                "trail": NOTHING,
                "backs": {},
                "place": here(),
            }
        hand["keys"].add(mark.key)
        self._observer.passes.moved((mark.key,), hand["place"])
        hand["trail"] = hand["trail"] | trail
        for one in derivatives:
            hand["backs"][one.back] = None
        self._observer.gradients.take_one(mark.player, mark.key, derivatives)

    def finish_hand(self) -> None:
        """The update that was written by hand is complete."""
        hand, self._hand = self._hand, None
        if hand is None:
            return
        observer, who = self._observer, hand["who"]
        backs = list(hand["backs"])
        move = self._record(
            who, hand["trail"], backs, hand["place"], "hand", len(hand["keys"]), False
        )
        self._note_torn(move, hand["trail"])
        observer.log.step(move, hand["keys"], parts=True)
        observer.log.pull(who, backs)
        observer.log.leftovers(who, hand["place"], backs)
        observer.look_at_calls(who, backs)
        if observer.after_move is not None:
            observer.after_move(observer)


class Sizes:
    """The sizes of the gradients that moved each player.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer

    def moved(self, who: str, ps: list[Tensor]) -> None:
        """Keep the norms of what a player has moved on: of its later moves a few."""
        if not is_looked_at(self._observer.log.versions[who]):
            return
        grads = [
            p.grad.detach()
            for p in ps
            if p.grad is not None and p.grad.layout == torch.strided
        ]
        if grads:
            norms = vars(torch)["_foreach_norm"](grads)
            self._observer.log.sizes[who].append(Norm(norms))


class Norm:
    """The norm of several tensors, by theirs; worked out when it is asked for.

    Parameters
    ----------
    parts : sequence of Tensor
        The norm of each.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Tensor]):
        self.parts = parts

    def __float__(self) -> float:
        return math.hypot(*(float(part) for part in self.parts))


def _is_left_out(optimizer) -> bool:
    """Whether a fused step moves nothing: a scaler has told it of an inf or a nan."""
    found = getattr(optimizer, "found_inf", None)
    return isinstance(found, Tensor) and bool(found)
