"""The calls of the players' networks: who runs now, on what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ganflow.loop_report.places import here
from ganflow.tf.audit_parts.marks import Call, Origin, Rows
from ganflow.tf.audit_parts.state import State
from ganflow.tf.audit_parts.steps import Steps
from ganflow.tf.audit_parts.tapes import Tapes
from ganflow.tf.load import keras, pywrap_tfe, tf

TWINS_KEPT = 64
UNREAD_KEPT = 64


class Calls:
    """Stands in the place of the `__call__` of layers and modules.

    Parameters
    ----------
    state : State
        Whose log is written.
    tapes : Tapes
        What is told of scores.
    steps : Steps
        What has an update by hand that ends where a network is called.
    """

    def __init__(self, state: State, tapes: Tapes, steps: Steps):
        self._state = state
        self._tapes, self._steps = tapes, steps
        self._patched: set[type] = set()
        self._twins: dict[str, tuple[int, dict]] = {}

    def patches(self):
        """What to put in the place of the frameworks' own: owner, name, maker."""
        yield keras.Layer, "__call__", self._calling
        for name in ("BatchNormalization", "Dropout"):
            yield getattr(keras.layers, name), "call", self._working

    def patches_of(self, members: Iterable[Any]):
        """The same for the classes of modules that are no layers."""
        for kind in {type(member): None for member in members}:
            plain = issubclass(kind, tf.Module) and not issubclass(kind, keras.Layer)
            if plain and kind not in self._patched and "__call__" in vars(kind):
                self._patched.add(kind)
                yield kind, "__call__", self._calling

    def _calling(self, real):
        def __call__(layer, *args, **kwargs):
            state = self._state
            player = state.players.of_layer.get(id(layer))
            outer = state.call
            off = state.busy or state.back is not None
            off = off or (outer is not None and outer.player == player)
            if off or player is None:
                return real(layer, *args, **kwargs)
            given = tf.nest.flatten((args, kwargs))
            if not tf.executing_eagerly() or any(map(_is_symbol, given)):
                return real(layer, *args, **kwargs)
            tensors = [one for one in given if isinstance(one, tf.Tensor)]
            self._steps.finish_hand()
            state.tell()
            call = self._begin(layer, player, tensors, kwargs.get("training"))
            state.call = call
            try:
                output = real(layer, *args, **kwargs)
            finally:
                state.call = outer
            if call.whole:
                self._end(call, output)
            return output

        return __call__

    def _begin(self, layer, player: str, given: list, training) -> Call:
        state, memory = self._state, self._state.memory
        call = state.tag(
            Call,
            player,
            state.log.versions[player],
            layer,
            here(),
            id(layer) in state.players.roots,
            state.watching(player),
        )
        made_by, connected = set(), set()
        reached = {
            number
            for number, record in state.recording.items()
            if record.tensors and any(t._id in record.tensors for t in given)
        }
        for tensor in given:
            for one in memory.trail(tensor):
                if type(one) is Origin and one.player != player:
                    made_by.add(one.player)
                    if tapes := one.tapes & state.recording.keys():
                        connected.add(one.player)
                        reached |= tapes
            mark = memory.mark(tensor)
            if type(mark) is Rows and not call.rows:
                call.rows = [
                    (first, last, _maker(trail, player))
                    for first, last, trail in mark.spans
                ]
        state.use(frozenset().union(*(memory.trail(tensor) for tensor in given)))
        call.made_by, call.cut_from = frozenset(made_by), frozenset(made_by - connected)
        call.reached = frozenset(reached)
        call.walked = bool(pywrap_tfe.TFE_Py_TapeSetIsStopped())  # nobody can tell
        for maker in made_by:
            state.feeds[maker, player] = None
        if given and call.whole:
            self._find_twin(call, given, training)
        return call

    def _find_twin(self, call: Call, given: list, training) -> None:
        """Whether the same weights have scored the same input before."""
        version, known = self._twins.get(call.player, (-1, {}))
        if version != call.version or len(known) > TWINS_KEPT:
            known = {}
            self._twins[call.player] = (call.version, known)
        if call.tapes:
            self._state.log.taught.add(call.player)
        key = (id(call.layer), training, *(tensor._id for tensor in given))
        first = known.setdefault(key, call.place)
        call.repeats = first is not call.place
        if call.repeats and call.tapes:
            self._state.log.twice(call.player, first, call.place)

    def _end(self, call: Call, output) -> None:
        state = self._state
        for one in tf.nest.flatten(output):
            if isinstance(one, tf.Tensor) and one.dtype.is_floating:
                state.unread[call.number] = call
                if len(state.unread) > UNREAD_KEPT:
                    del state.unread[next(iter(state.unread))]
                self._tapes.scored(call, one)

    def _working(self, real):
        """Layers that `training` changes: whether it was on."""

        def call(layer, inputs, training=None, **kwargs):
            running = self._state.call
            if running is not None:
                if training:
                    running.trains = True
                else:
                    running.rests = True
            return real(layer, inputs, training=training, **kwargs)

        return call


def _maker(trail, player: str) -> str | None:
    makers = {o.player for o in trail if type(o) is Origin and o.player != player}
    return min(makers) if makers else None


def _is_symbol(value: Any) -> bool:
    return isinstance(value, keras.KerasTensor)
