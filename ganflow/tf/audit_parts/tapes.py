"""Tapes: what they record, what they are asked for, what they give, and to whom."""

from __future__ import annotations

from itertools import count
from typing import Any
from weakref import WeakKeyDictionary, ref

from ganflow.loop_audit.origins import Blend, Factor
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward, Pull
from ganflow.loop_report.places import here
from ganflow.tf.audit_parts.marks import (
    Call,
    Given,
    Origin,
    Record,
    Scaled,
    Slope,
    is_origin,
)
from ganflow.tf.audit_parts.state import State
from ganflow.tf.audit_parts.steps import Steps
from ganflow.tf.load import imperative_grad, tf

MOST = 32  # scores of a batch
WIDEST = 4096  # numbers of one score: more are an image
MOVES = 200  # after so many moves, enough was seen
UNSEEN = -1


class Tapes:
    """Stands in the place of the methods of `tf.GradientTape`.

    Parameters
    ----------
    state : State
        Whose log is written.
    steps : Steps
        What is told when a pass gives a player nothing.
    """

    def __init__(self, state: State, steps: Steps):
        self._state = state
        self._steps = steps
        self._numbers = count()
        self._of: WeakKeyDictionary[Any, Record] = WeakKeyDictionary()
        self._asked: Record | None = None
        self._by_weights = False
        self._given: list[tuple[Backward, str, ref[Given]]] = []

    def patches(self):
        """What to put in the place of TensorFlow's own: owner, name, maker."""
        tape = tf.GradientTape
        yield tape, "_push_tape", self._push
        yield tape, "_pop_tape", self._pop
        yield tape, "watch", self._watch
        yield tape, "gradient", self._asking
        yield tape, "jacobian", self._asking_all
        yield tape, "batch_jacobian", self._asking_all
        yield imperative_grad, "imperative_grad", self._engine

    # -- recording

    def _push(self, real):
        def _push_tape(tape):
            new = tape._tape is None
            real(tape)
            if tf.executing_eagerly():
                number = next(self._numbers) if new else UNSEEN
                if new or tape not in self._of:
                    self._of[tape] = Record(number, tape._watch_accessed_variables)
                record = self._of[tape]
                self._state.recording[record.number] = record

        return _push_tape

    def _pop(self, real):
        def _pop_tape(tape):
            real(tape)
            record = self._of.get(tape)
            if record is not None:
                self._state.recording.pop(record.number, None)

        return _pop_tape

    def _watch(self, real):
        def watch(tape, tensor):
            real(tape, tensor)
            record, players = self._of.get(tape), self._state.players
            if record is None:
                return
            for one in tf.nest.flatten(tensor):
                handle = getattr(one, "handle", None)
                if handle is not None:
                    record.players.add(players.weight(handle) or "")
                elif isinstance(one, tf.Tensor):
                    record.tensors.add(one._id)

        return watch

    def scored(self, call: Call, output: Any) -> None:
        """Say what a network has given: each tape that has it can be asked for it."""
        for number in call.tapes | call.reached:
            record = self._state.recording.get(number)
            if record is not None:
                record.scores.append((call, output))

    # -- asking

    def _asking(self, real, whole: bool = False):
        def gradient(tape, target, sources, *args, **kwargs):
            state = self._state
            if state.back is not None or state.busy or not tf.executing_eagerly():
                return real(tape, target, sources, *args, **kwargs)
            self._steps.finish_hand()
            state.tell()
            self.sweep()
            place, record = here(), self._of.get(tape)
            trail = self._trail(target)
            names = {one.player for one in filter(is_origin, trail)}
            back = state.log.backward(place, names)
            self._begin(back, trail, record)
            handles = [getattr(s, "handle", None) for s in tf.nest.flatten(sources)]
            self._by_weights = any(map(state.players.weight, handles))
            state.back, state.in_jacobian = back, whole
            state.tape = UNSEEN if record is None else record.number
            self._asked = None if whole else record
            for call in state.calls_of[back] if whole else ():
                call.walked = True  # a jacobian cannot be asked for more
            try:
                result = real(tape, target, sources, *args, **kwargs)
            finally:
                state.back, state.in_jacobian, self._asked = None, False, None
            back.reread &= self._behind(trail)  # the others ran with what they had
            if record is not None and not tape._persistent:
                record.scores.clear()
            self._give(back, trail, sources, result, place)
            return result

        return gradient

    def _asking_all(self, real):
        return self._asking(real, whole=True)

    def _engine(self, real):
        def imperative(
            tape,
            target,
            sources,
            output_gradients=None,
            sources_raw=None,
            unconnected_gradients=tf.UnconnectedGradients.NONE,
        ):
            record, self._asked = self._asked, None
            scores = [] if record is None else list(record.scores)
            if not scores or sources_raw is None:
                return real(
                    tape,
                    target,
                    sources,
                    output_gradients,
                    sources_raw,
                    unconnected_gradients,
                )
            # The tape works these out anyway: asking hands them over, and no more.
            outputs = [score for _, score in scores]
            found = real(
                tape,
                target,
                [*sources, *outputs],
                output_gradients,
                [*sources_raw, *outputs],
                unconnected_gradients,
            )
            for (call, score), slope in zip(scores, found[len(sources) :], strict=True):
                if slope is not None and not self._state.is_nothing(slope):
                    call.walked = True
                    if self._by_weights:
                        self._pull(call, score, slope)
            return found[: len(sources)]

        return imperative

    def _trail(self, target) -> frozenset:
        memory = self._state.memory
        return frozenset().union(*(memory.trail(t) for t in tf.nest.flatten(target)))

    def _behind(self, trail) -> set[str]:
        """The players whose older weights have made a value."""
        versions = self._state.log.versions
        read = filter(is_origin, trail)
        return {one.player for one in read if one.version < versions[one.player]}

    def _begin(self, back: Backward, trail, record: Record | None) -> None:
        """What the losses of a pass were made from."""
        state = self._state
        calls = {one.call for one in trail if type(one) is Origin and one.call}
        state.calls_of[back] = sorted(calls, key=lambda call: call.number)
        state.use(trail)
        for one in trail:
            if type(one) is Slope and record is not None:
                if record.number != UNSEEN and record.number not in one.tapes:
                    line = str(one.place)
                    told = {"how": "taken out of the tape's sight", "cure": "Record it"}
                    state.log.note(
                        "dead-penalty", back.place, [one.place], line=line, **told
                    )

    # -- giving

    def _give(self, back: Backward, trail, sources, result, place: Place) -> None:
        state, memory = self._state, self._state.memory
        own: dict[str, list[Any]] = {}
        pairs = zip(tf.nest.flatten(sources), tf.nest.flatten(result), strict=True)
        for source, given in pairs:
            owner = state.players.weight(getattr(source, "handle", None))
            if owner is not None:
                own.setdefault(owner, []).append(given)
                if given is not None and not state.is_nothing(given):
                    state.reached.add(id(source.handle))
            elif given is not None:
                tapes = self._through(trail, source)
                tag = state.tag(Slope, place, tapes)
                value = getattr(given, "values", given)
                memory.set(value, memory.trail(value) | {tag})
                self._look_at_penalty(back, source, place)
        for player, found in own.items():
            live = [one for one in found if one is not None]
            if player in back.reads and all(map(state.is_nothing, live)):
                self._steps.refused[player] = (back, self._cut(back, trail, player))
            else:
                self._steps.refused.pop(player, None)
                self._give_player(back, trail, player, live)
        reached = {who for (_, _, behind) in back.flops for who in behind or ()}
        back.thrown |= reached - set(back.arrived)
        state.log.close()

    def _cut(self, back: Backward, trail, player: str) -> Place:
        """The line where the way from a loss to a player is cut."""
        own = [one for one in filter(is_origin, trail) if one.player == player]
        stops = [one.cut_at for one in own if one.cut_at is not None]
        calls = [
            call.place
            for call in self._state.calls_of.get(back, ())
            if player in call.cut_from
        ]
        return next(iter((*stops, *calls)), back.place)

    def _give_player(self, back: Backward, trail, player: str, found: list) -> None:
        state, memory = self._state, self._state.memory
        scaled = {one for one in trail if type(one) is Scaled}
        trails = [frozenset(filter(is_origin, memory.trail(one))) for one in found]
        tag = state.tag(Given, back, player, frozenset().union(*trails))
        for one, origins in zip(found, trails, strict=True):
            memory.set(getattr(one, "values", one), origins | {tag} | scaled)
        if found:
            back.held = True
            state.log.arrive(back, player, len(found))
            self._given.append((back, player, ref(tag)))

    def sweep(self) -> None:
        """Note which gradients nobody holds any more."""
        living = [one for one in self._given if one[2]() is not None]
        held = {back for back, _, _ in living}
        for back, player, tag in self._given:
            back.held = back in held  # as long as a step can take it again
            if tag() is None and back.lying[player] > 0:
                self._state.log.throw(back, player)
        self._given = living
        self._state.log.close()

    def _through(self, trail, source) -> frozenset[int]:
        """The tapes that have recorded all of the way from a source to a target."""
        behind = self._state.memory.trail(source)
        before = {one.call for one in filter(is_origin, behind)}
        tapes = frozenset(self._state.recording)
        for one in trail:
            if type(one) is Origin and one.call is not None and one.call not in before:
                tapes = tapes & one.call.tapes
        return tapes

    def _look_at_penalty(self, back: Backward, source, place: Place) -> None:
        """A derivative by an input: what a penalty is made from."""
        log, trail = self._state.log, self._state.memory.trail(source)
        for call in self._state.calls_of.get(back, ()):
            if call.normed and call.walked:
                log.note("batch-norm-penalty", place, [call.place], player=call.player)
        blends = [one for one in trail if type(one) is Blend]
        counts = [one.count for one in trail if type(one) is Factor]
        if blends and source.shape.rank > 1 and source.shape[0] > 1:
            if all(n == 1 for n in counts):
                last = max(blends, key=lambda blend: blend.number)
                log.note("one-epsilon", last.place, [place])

    # -- which way scores are pulled

    def _pull(self, call: Call, score, slope) -> None:
        back, log = self._state.back, self._state.log
        size = score._num_elements()
        if back is None or log.move_count > MOVES or not score.shape.rank or not size:
            return
        if size // score.shape[0] > WIDEST or not isinstance(slope, tf.Tensor):
            return
        scores, slopes = score._numpy(), slope._numpy()
        for maker, rows in _samples(call, score.shape[0]):
            picked, slope_of = (_picked(a, rows) for a in (scores, slopes))
            pull = Pull(call.player, maker, picked, slope_of, call.place, size)
            back.pulls.append(pull)


def _picked(numbers: Any, rows: list[int] | None) -> list[float]:
    """Some numbers of an array: of these rows the first each, or from all of it."""
    if rows is None:
        return numbers.reshape(-1)[:: -(-numbers.size // MOST)].tolist()
    return numbers.reshape(len(numbers), -1)[rows, 0].tolist()


def _samples(call: Call, size: int):
    """For each kind of row in a batch, which rows; None for all of them."""
    if not call.mixed:
        yield min(call.made_by, default=None), None
        return
    kinds: dict[str | None, list[int]] = {}
    for first, last, maker in call.rows:
        kinds.setdefault(maker, []).extend(range(first, min(last, size)))
    for maker, rows in kinds.items():
        yield maker, rows[:MOST]
