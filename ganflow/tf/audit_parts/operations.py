"""Every eager operation: what it reads, what it writes, what that makes a value of."""

from __future__ import annotations

from ganflow.loop_audit.origins import NOTHING, Blend, Factor, Trail
from ganflow.loop_report.places import here
from ganflow.loop_report.record import UNKNOWN
from ganflow.tf.audit_parts.flops import PRODUCTS, Flops
from ganflow.tf.audit_parts.marks import Given, Origin, Read, Rows, Scaled, Slope
from ganflow.tf.audit_parts.pieces import WRITES, written_by
from ganflow.tf.audit_parts.state import State
from ganflow.tf.audit_parts.steps import Steps
from ganflow.tf.load import tf

# They take a shape from their argument, and no value.
SHAPES = frozenset("ZerosLike OnesLike Fill Shape ShapeN Size Rank".split())
COPIES = frozenset("Identity Cast Reshape Transpose Squeeze ExpandDims".split())
SUMS = frozenset("AddV2 Sub AddN".split())
SIZES = frozenset("L2Loss ClipByValue Minimum Maximum Square".split())
REPLACES = "AssignVariableOp"
FLOATS = frozenset(
    kind.as_datatype_enum
    for kind in (tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.complex64)
) | {tf.complex128.as_datatype_enum}


class Operations:
    """Is called after each operation; runs none itself.

    Parameters
    ----------
    state : State
        Whose memory is written.
    flops : Flops
        What counts products.
    steps : Steps
        What writes updates down that are made by hand.
    """

    def __init__(self, state: State, flops: Flops, steps: Steps):
        self._state = state
        self._flops, self._steps = flops, steps
        self._memory = state.memory
        self._players = state.players

    def __call__(self, name, inputs, attrs, outputs, op_name=None, graph=None) -> None:
        """Note an operation."""
        if graph is not None:
            return
        name = name.decode() if isinstance(name, bytes) else name
        if name.startswith(WRITES):
            self._written(name, inputs)
        elif self._state.busy:
            return
        elif name == "ReadVariableOp":
            self._read(inputs[0], outputs[0])
        elif name.startswith("__"):
            self._piece(name, inputs, outputs)
        elif name not in SHAPES and outputs:
            if outputs[0]._datatype_enum() in FLOATS:
                self._note(name, inputs, attrs, outputs)

    def _note(self, name: str, inputs, attrs, outputs) -> None:
        state, memory, result = self._state, self._memory, outputs[0]
        size = result._num_elements()
        product = name in PRODUCTS
        bare = product or state.call is not None or state.back is not None
        found, at_work, marked = NOTHING, None, False
        for tensor in inputs:
            mark = memory.mark(tensor)
            if not mark:
                continue
            marked = True
            if type(mark) is Read:
                if name in COPIES:
                    self._copy(name, mark, result)
                    return
                trail, at_work = self.origin(mark), mark.player
            else:
                trail = mark.trail if type(mark) is Rows else mark
            whole = size > 1 or tensor._num_elements() == size  # no norm, no sum
            found = found | _kept(trail, bare, whole)
        if product:
            self._flops.count(name, inputs, attrs, result, at_work)
        if not marked:
            return
        if state.call is None and state.back is None:
            if at_work is not None and not state.players.calls(at_work):
                state.met(at_work, found)
            found = self._outside(name, inputs, result, found)
            if name == "ConcatV2" and self._joined(inputs, result):
                return
        if name == "StopGradient":
            place = here() if state.call is None and state.back is None else None
            found = frozenset(
                one.cut(place) if type(one) is Origin else one
                for one in found
                if type(one) is not Slope
            )
        state.use(found)
        for output in outputs:
            memory.set(output, found)

    # -- variables

    def _read(self, handle, value) -> None:
        state, players = self._state, self._players
        who, moving = players.weight(handle), players.moving(handle)
        owner = who or moving
        if owner is None:
            trail = self._memory.mark(handle)
            call = state.call
            if not trail and call is not None and state.builds(handle):
                self._read(handle, value)
            elif trail:
                self._memory.set(value, trail)
            return
        if self._steps.wrote(handle):
            self._steps.finish_hand()
        if state.back is not None and who is not None:
            state.back.reread.add(who)  # a tape saves values: this one runs again
        mark = Read(owner, state.log.versions[owner], who is None, UNKNOWN)
        self._memory.set(value, mark)

    def _copy(self, name: str, mark: Read, result) -> None:
        outside = self._state.call is None and self._state.back is None
        if outside and mark.place is UNKNOWN:
            mark = Read(mark.player, mark.version, mark.statistics, here())
        self._memory.set(result, mark)

    def origin(self, mark: Read) -> Trail:
        """The trail of a weight's value that is used now."""
        state, call = self._state, self._state.call
        if state.back is not None or call is None or call.player != mark.player:
            return state.origin(mark.player, mark.version, mark.statistics)
        now = state.log.versions[mark.player]
        if mark.version != now:
            state.log.note(
                "stale-weight-copy",
                call.place,
                [mark.place] if mark.place is not UNKNOWN else [],
                player=mark.player,
                late=now - mark.version,
            )
            return state.origin(mark.player, mark.version, mark.statistics)
        if call.origin is None or call.origin.version != now:
            call.origin = state.new_origin(mark.player, now, call)
        return frozenset((call.origin,))

    def _written(self, name: str, inputs) -> None:
        state, memory, players = self._state, self._memory, self._players
        handle = inputs[0]
        who, moving = players.weight(handle), players.moving(handle)
        if state.busy:
            if who is not None:
                state.touched.add(id(handle))
            return
        found = NOTHING
        for value in inputs[1:]:
            mark = memory.mark(value)
            if type(mark) is Read:
                found = found | self.origin(mark)
            else:
                found = found | memory.trail(value)
        if who is not None:
            self._weight_written(name, handle, who, found)
        elif moving is not None:
            self._state_written(handle, moving)
        else:
            before = NOTHING if name == REPLACES else memory.trail(handle)
            memory.set(handle, found | before)
            if state.call is None and state.back is None:
                self._averaged(handle, found)

    def _averaged(self, handle, found: Trail) -> None:
        """Note what is averaged of a player in a variable of nobody."""
        log = self._state.log
        read = [one for one in found if type(one) is Origin]
        owners = {one.player for one in read}
        if len(owners) != 1 or any(one.call for one in read):
            return
        if any(type(one) in (Given, Slope) for one in found):
            return
        (player,) = owners
        if any(one.statistics for one in read):
            log.buffers_copied.add(player)
        else:
            log.averaged[player].add(id(handle))
            log.average_places.setdefault(player, here())

    def _weight_written(self, name: str, handle, who: str, found: Trail) -> None:
        state = self._state
        if state.call is not None and state.call.player == who:
            return  # Keras keeps a spectral norm in the weight itself
        given = [one for one in found if type(one) is Given]
        if given:
            self._steps.by_hand(who, handle, given)
        elif state.log.move_count and state.back is None:
            state.log.note("weights-written", here(), player=who, by=name)

    def _state_written(self, handle, who: str) -> None:
        state, call = self._state, self._state.call
        if call is None or call.player != who:
            return
        if id(handle) in self._players.norms:
            call.normed = True
            if call.mixed:
                state.log.note("mixed-batch-norm", call.place, player=who)
        _, variable = self._players.statistics[id(handle)]
        real = tf.as_dtype(variable.dtype).is_floating
        if real and not call.layer.trainable_variables:
            state.log.note("frozen-critic-moves", call.place, player=who)

    # -- outside of networks

    def _outside(self, name: str, inputs, result, found: Trail) -> Trail:
        """What sums and products between networks add to a trail."""
        state, shape = self._state, result.shape
        if name in SIZES or (name == "Mul" and inputs[0] is inputs[1]):
            if any(type(one) is Scaled for one in found):
                if any(type(one) is Given for one in found):
                    state.log.note("clipped-while-scaled", here())
        if name in ("Mul", "RealDiv"):
            small = [t for t in inputs if t._num_elements() < result._num_elements()]
            if small:
                given = any(type(one) is Given for one in found)
                if given:  # the user's own unscaling
                    found = frozenset(o for o in found if type(o) is not Scaled)
                elif name == "Mul" and shape.rank > 1 and shape[0] > 1:
                    count = min(t._num_elements() for t in small)
                    found = found | {state.tag(Factor, count)}
        if name in SUMS and shape.rank and shape.rank > 1 and shape[0] > 1:
            bare = [not _origins(self._memory.trail(t)) for t in inputs]
            wide = [t.shape == shape for t in inputs]
            if any(b and w for b, w in zip(bare, wide, strict=True)) and not all(bare):
                if not any(type(one) is Given for one in found):
                    found = found | {state.tag(Blend, here())}
        return found

    def _joined(self, inputs, result) -> bool:
        """A batch put together from several keeps the trail of each."""
        *parts, axis = inputs
        if int(axis._numpy()) not in (0, -result.shape.rank):
            return False
        spans, first = [], 0
        for part in parts:
            trail = _kept(self._memory.trail(part), False, False)
            last = first + part.shape[0]
            if spans and spans[-1][2] == trail:
                spans[-1] = (spans[-1][0], last, trail)
            else:
                spans.append((first, last, trail))
            first = last
        self._state.use(frozenset().union(*(trail for _, _, trail in spans)))
        if len(spans) > 1:
            self._memory.set(result, Rows(spans))
        return len(spans) > 1

    # -- functions that run as one piece

    def _piece(self, name: str, inputs, outputs) -> None:
        state, memory, players = self._state, self._memory, self._players
        if state.in_jacobian:
            held = ()
        else:
            held = [(i, players.weight(t)) for i, t in enumerate(inputs)]
            held = [(i, who) for i, who in held if who is not None]
        found = NOTHING
        for tensor in inputs:
            mark = memory.mark(tensor)
            found = found | (
                self.origin(mark) if type(mark) is Read else memory.trail(tensor)
            )
        for _, who in held:
            mark = Read(who, state.log.versions[who], False, UNKNOWN)
            found = found | self.origin(mark)
        if held:
            state.log.cannot_see(
                "a tf.function ran as one piece: what it did inside is unknown. Call "
                "tf.config.run_functions_eagerly(True) before the loop (in Keras, "
                "compile(run_eagerly=True)) to see it"
            )
            written = written_by(name)
            state.hidden.update(who for i, who in held if i in written)
        found = frozenset(o for o in found if type(o) in (Origin, Given))
        state.use(found)
        if state.back is not None:
            found = frozenset(one for one in found if type(one) is Origin)
        for output in outputs:
            if output._datatype_enum() in FLOATS:
                memory.set(output, found)


def _kept(trail: Trail, bare: bool, whole: bool) -> Trail:
    """What of a trail goes on: marks of one use end where the value becomes another."""
    for one in trail:
        if type(one) is not Origin:
            break
    else:
        return trail
    return frozenset(
        one
        for one in trail
        if type(one) is Origin
        or (type(one) is Given and whole and not bare)
        or (type(one) in (Scaled, Slope, Blend, Factor) and not bare)
    )


def _origins(trail: Trail) -> bool:
    return any(type(one) is Origin for one in trail)
