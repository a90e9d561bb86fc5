"""Optimizers' steps, and updates written by hand: who moved, on which gradients."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from ganflow.loop_audit.origins import NOTHING, Trail
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward, Group, Idle
from ganflow.loop_report.places import here
from ganflow.tf.audit_parts.marks import Given
from ganflow.tf.audit_parts.state import State
from ganflow.tf.load import keras, tf
from ganflow.tf.networks import kept_in

Pair = tuple[int, Any]  # the id of a weight's handle, and a gradient


@dataclass
class Hand:
    """An update written by hand that is not complete yet."""

    who: str
    place: Place
    weights: set[int] = field(default_factory=set)
    given: dict[Given, None] = field(default_factory=dict)


class Steps:
    """Writes moves down.

    Parameters
    ----------
    state : State
        Whose log is written.
    """

    def __init__(self, state: State):
        self._state = state
        self._groups: WeakKeyDictionary[Any, Group] = WeakKeyDictionary()
        self._kept: WeakKeyDictionary[Any, list[Trail]] = WeakKeyDictionary()
        self._hand: Hand | None = None
        self.refused: dict[str, tuple[Backward, Place]] = {}  # a pass gave it nothing

    def patches(self):
        """The methods to put in the place of Keras' own: class, name, maker."""
        yield keras.optimizers.Optimizer, "apply", self._apply
        yield keras.optimizers.LossScaleOptimizer, "apply", self._apply

    def _apply(self, real):
        def apply(optimizer, grads, trainable_variables=None):
            state = self._state
            if state.busy or not tf.executing_eagerly():
                return real(optimizer, grads, trainable_variables)
            self.finish_hand()
            place, grads = here(), list(grads)
            if trainable_variables is not None:
                trainable_variables = list(trainable_variables)
            state.busy = True
            state.touched.clear()
            try:
                result = real(optimizer, grads, trainable_variables)
            finally:
                state.busy = False
                held = trainable_variables
                if held is None:
                    held = optimizer._trainable_variables
                self._note(optimizer, list(zip(grads, held, strict=False)), place)
            state.tell()
            return result

        return apply

    def _note(self, optimizer, pairs: list, place: Place) -> None:
        state, log = self._state, self._state.log
        group = self._groups.get(optimizer)
        if group is None:
            group = self._groups[optimizer] = Group(type(optimizer).__name__)
            log.groups[len(log.groups)] = group
        group.stepped = place
        mine: dict[str, list[Pair]] = {}
        foreign = []
        for grad, variable in pairs:
            owner = state.players.weight(kept_in(variable).handle)
            if owner is None:
                foreign.append(variable)
            else:
                mine.setdefault(owner, []).append((id(kept_in(variable).handle), grad))
        group.holds = Counter({who: len(found) for who, found in mine.items()})
        self._note_foreign(group, foreign)
        fed = {}
        for who, found in mine.items():
            live = [pair for pair in found if pair[1] is not None]
            cut = who in self.refused  # its last pass gave nothing: zeros stand for it
            if live and not (cut and all(state.is_nothing(g) for _, g in live)):
                fed[who] = live
        if not fed:
            self._note_idle(group, mine, place)
        elif not state.touched:
            self._note_untouched(optimizer, fed, place)
        else:
            kept = self._kept.pop(optimizer, [])
            joint = False
            for who, found in fed.items():
                group.moves[who] += 1
                self._move(who, found, kept, place, group.name, joint, len(fed) == 1)
                joint = True
        log.close()

    def _note_foreign(self, group: Group, foreign: list) -> None:
        players = self._state.players
        group.foreign = len(foreign)
        if not foreign or group.holds:
            return
        shapes = Counter(tuple(v.shape) for v in foreign)
        for who in players.members:
            theirs = Counter(tuple(v.shape) for v in players.of(who))
            if theirs and not theirs - shapes:
                group.twin_of = who

    def _note_idle(self, group: Group, mine, place: Place) -> None:
        """A step that moved nobody, and why."""
        if mine:
            known = [self.refused[who] for who in mine if who in self.refused]
            back, line = known[0] if known else (None, None)
            group.idle = [*group.idle[-7:], Idle(place, back, line)]

    def _note_untouched(self, optimizer, fed, place: Place) -> None:
        """A step that wrote no weight: it accumulates, or a scaler left it out."""
        state = self._state
        trails = [
            state.memory.trail(grad) for found in fed.values() for _, grad in found
        ]
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            inner = optimizer.inner_optimizer
        else:
            inner = optimizer
        if inner.gradient_accumulation_steps:
            self._kept.setdefault(optimizer, []).extend(trails)
            return
        state.log.note("skipped-step", place)
        for trail in trails:
            for one in trail:
                if type(one) is Given:
                    one.back.skipped = True

    def _move(
        self,
        who: str,
        found: list[Pair],
        kept: list[Trail],
        place: Place,
        by: str,
        joint: bool,
        parts: bool,
    ) -> None:
        """One player's weights have moved on some gradients."""
        state, log = self._state, self._state.log
        trails = [state.memory.trail(grad) for _, grad in found]
        weights = {key for key, _ in found}
        given: dict[Given, set[int]] = {}
        for (key, _), trail in zip(found, trails, strict=True):
            for one in trail:
                if type(one) is Given:
                    given.setdefault(one, set()).add(key)
        for one in frozenset().union(*kept):
            if type(one) is Given and one.player == who:
                given.setdefault(one, set()).update(weights)
        others = [one for one in given if one.player != who]
        if given and len(others) == len(given):
            log.note("wrong-weights", place, [o.back.place for o in others], player=who)
        backs = self._take(who, given, place)
        reads = frozenset().union(*(one.reads for one in given))
        if not given:
            reads = frozenset().union(*trails)
        state.move(who, reads, backs, place, by, weights, joint=joint, parts=parts)
        self._size(who, [grad for _, grad in found])

    def _take(
        self, who: str, given: dict[Given, set[int]], place: Place
    ) -> list[Backward]:
        """Say what became of gradients that a step took: the passes, oldest first."""
        log = self._state.log
        fresh, again = [], []
        for one, keys in given.items():
            before = keys & one.taken
            (again if before else fresh).append(one.back)
            for key in keys:
                log.use(one.back, who, again=key in before)
            one.taken.update(keys)
        if fresh and again:  # a sum that nothing sets back to zero
            for back in again:
                log.note("never-cleared", place, [back.place], player=who)
        return sorted({*fresh, *again}, key=lambda back: back.number)

    def _size(self, who: str, grads: list) -> None:
        """Keep the norm of what a player has moved on."""
        dense = [grad for grad in grads if isinstance(grad, tf.Tensor)]
        square = 0.0
        for grad in dense:
            flat = grad._numpy().astype("float64", copy=False).ravel()
            square += float(flat @ flat)
        self._state.log.sizes[who].append(square**0.5)

    # -- updates written by hand

    def by_hand(self, who: str, handle, given: list[Given]) -> None:
        """A weight was overwritten with what a pass gave."""
        key, hand = id(handle), self._hand
        if hand is None or hand.who != who or key in hand.weights:
            self.finish_hand()
            hand = self._hand = Hand(who, here())
        hand.weights.add(key)
        newest = [one for one in given if key not in one.taken]  # the rest is momentum
        self._take(who, {one: {key} for one in newest}, hand.place)
        hand.given.update(dict.fromkeys(newest))

    def wrote(self, handle) -> bool:
        """Whether the update by hand that is not complete has written a weight."""
        return self._hand is not None and id(handle) in self._hand.weights

    def finish_hand(self) -> None:
        """The update that was written by hand is complete."""
        hand, self._hand = self._hand, None
        if hand is None:
            return
        reads = frozenset().union(*(one.reads for one in hand.given)) or NOTHING
        backs = sorted({one.back for one in hand.given}, key=lambda back: back.number)
        self._state.move(hand.who, reads, backs, hand.place, "hand", hand.weights)
        self._state.log.close()
