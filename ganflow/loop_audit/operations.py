"""Every operation: what it reads, what it writes, and what that makes a value of."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import (
    TorchDispatchMode,
    _get_current_dispatch_mode,
)

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.memory import Copied, Parts, Weight, span
from ganflow.loop_audit.origins import (
    CLEARED,
    KEPT,
    NOTHING,
    Blend,
    Derivative,
    Factor,
    Origin,
    Rounded,
    Scaled,
    Slope,
    Trail,
    youngest,
)
from ganflow.loop_audit.places import here
from ganflow.loop_audit.plans import SUMS, Plan, plan_of, tensors, tensors_of
from ganflow.loop_report import Place

_node = torch._C._current_autograd_node
EMPTIED = frozenset((CLEARED,))
MOST_KNOWN = 64


class Operations(TorchDispatchMode):
    """A mode below autograd: each operation runs as it is, then is written down.

    Parameters
    ----------
    observer : Hub
        Whose memory is written.
    """

    def __init__(self, observer: Hub):
        super().__init__()
        self.observer = observer
        self.memory = observer.memory
        self.versions = observer.log.versions
        self._numbers: dict[float, tuple[Trail, Place]] = {}
        self._plain: set[Trail] = set()  # trails of origins alone
        self.on = False
        self.closed = False  # and may lie on the stack of a thread that still runs

    def __enter__(self):
        hidden_from_compiler()
        super().__enter__()
        self.on = True
        return self

    def close(self) -> None:
        """Come off for good."""
        self.leave()
        self.closed = True

    def leave(self) -> bool:
        """Come off, unless another mode lies on top; say whether it came off."""
        if not self.on or _get_current_dispatch_mode() is not self:
            return False
        self.__exit__(None, None, None)
        self.on = False
        return True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Do without the wrapper that hides a mode from the compiler at each operation.

        `hidden_from_compiler` does it once, and for no time at all.
        """
        return False

    def __torch_dispatch__(self, call, types, args=(), kwargs=None):
        if self.closed:
            return call(*args, **(kwargs or {}))
        plan, observer = plan_of(call), self.observer
        made = plan.run(*args, **kwargs) if kwargs else plan.run(*args)
        if not plan.idle:
            if not observer.busy:
                self._note(call, plan, args, kwargs or {}, made)
        elif plan.cuts and observer.call is None and _node() is None:
            if args[0].requires_grad and not observer.busy:
                self._cut(args[0], here())
        return made

    def _note(self, call, plan: Plan, args, kwargs, made) -> None:
        if plan.listwise:
            self._note_lists(plan, args, kwargs, made)
            return
        node, observer, mark_of = _node(), self.observer, self.memory.mark
        written = plan.written(args, kwargs) if plan.writes else ()
        given = plan.read(args, kwargs)
        results = [made] if isinstance(made, Tensor) else tensors_of((made,))
        found, at_work = NOTHING, None
        calling = observer.call if node is None else None
        bare = calling is not None or plan.flops is not None
        for tensor in given:
            is_target = bool(written) and any(tensor is one for one in written)
            if is_target and plan.overwrites and not plan.out:
                continue
            trail: Any = mark_of(tensor)
            if not trail:
                continue
            kind = type(trail)
            if kind is Weight:
                if is_target:
                    continue
                at_work = trail.player
                trail = self._read(at_work, node, trail.key)
            elif kind is Copied:
                at_work = trail.player
                trail = self._read_copy(trail, node is not None)
            elif kind is Parts:
                trail = trail.within(*span(tensor)[:2])
            if trail is not found and trail:
                if trail not in self._plain:
                    trail = self._kept(trail, bare, tensor, results)
                found = _merge(found, trail)
        if self._numbers and calling is None:  # item() gave them, and here they return
            for one in args:
                if type(one) is float and one in self._numbers:
                    found = _merge(found, self._returned(one))
        if plan.name == "_local_scalar_dense" and type(made) is float and found:
            self._numbers[made] = found, here()
            if len(self._numbers) > KEPT:
                del self._numbers[next(iter(self._numbers))]
            return
        if len(found) > KEPT:
            found = youngest(found)
        if calling is None and node is None:
            found = self._outside(plan, args, given, results, found)
        self._write(plan, args, given, written, results, found)
        if plan.flops is not None:
            observer.costs.count(call, plan, args, kwargs, made, node, at_work)
        elif plan.norms and calling is not None:
            self._batch_norm(call, args, calling)
        elif plan.measures:
            observer.scaling.touched(given)

    def _kept(self, trail: Trail, bare: bool, tensor: Tensor, results) -> Trail:
        """What of a trail goes on to the results of an operation."""
        if all(type(one) is Origin for one in trail):
            if len(self._plain) > MOST_KNOWN:
                self._plain.clear()
            self._plain.add(trail)
            return trail
        same_size = bool(results) and tensor.numel() == results[0].numel()
        return _kept(trail, bare, same_size)

    def _cut(self, tensor: Tensor, place: Place) -> None:
        """A value was taken off its history."""
        self.memory.set_cut(tensor, place)
        for one in self.memory.trail(tensor):
            if type(one) is Slope:
                one.cut = place
            elif type(one) is Origin and one.call is not None:
                one.call.ended = one.call.ended or place

    def _returned(self, number: float) -> Trail:
        """The trail of a number that item() has taken off its history."""
        trail, place = self._numbers[number]
        for one in trail:
            if type(one) is Origin and one.call is not None:
                one.call.ended = one.call.ended or place
        return trail

    # -- reading

    def _read(self, player: str, node: Any, key: int) -> Trail:
        """The trail of a weight that is read now, in a walk or in none."""
        version = self.versions[player]
        call = self.observer.call
        if node is not None:
            torn = self.observer.passes.torn(node, key)
            return self.observer.origin(player, version, torn=torn)
        if call is None or call.player != player:
            return self.observer.origin(player, version)
        if call.origin is None or call.origin.version != version:
            call.origin = self.observer.new_origin(player, version, call)
            call.trail = frozenset((call.origin,))
        return call.trail

    def _read_copy(self, copy: Copied, backward: bool) -> Trail:
        call = self.observer.call
        if backward or call is None or call.player != copy.player:
            return self.observer.origin(copy.player, copy.version, copy.place)
        if copy.version == self.versions[copy.player]:
            return self._read(copy.player, None, -1)
        name = "autocast-cache" if copy.autocast else "stale-weight-copy"
        late = self.versions[copy.player] - copy.version
        self.observer.log.note(
            name, call.place, [copy.place], player=copy.player, late=late
        )
        return frozenset((self.observer.new_origin(copy.player, copy.version, call),))

    def _weighed(self, given: list[Tensor], found: Trail) -> Trail:
        """A slope that only weighs a living value is no penalty."""
        if not any(type(one) is Slope for one in found):
            return found
        if not any(tensor.requires_grad for tensor in given):
            return found
        return frozenset(one for one in found if type(one) is not Slope or one.nodes)

    # -- writing

    def _write(self, plan, args, given, written, results, found) -> None:
        for tensor in written:
            mark = self.memory.mark(tensor)
            if type(mark) is Weight:
                self.observer.written(tensor, mark, plan.name, found, given)
                continue
            trail = EMPTIED if plan.name == "zero_" else found
            self.memory.write(tensor, trail, whole=plan.overwrites)
            if found:
                self.observer.averages.written(tensor, found, given)
        if plan.copies and results and self._copy(plan, given, results[0]):
            return
        if plan.joins and results and self._joined(args, results[0]):
            return
        for tensor in results:
            if written and any(tensor is one for one in written):
                continue
            mark = self.memory.mark(tensor)
            if mark is found or type(mark) is Weight:
                continue
            if tensor.is_floating_point() or tensor.is_complex():
                self.memory.set_mark(tensor, found)
            elif found and self.observer.call is None:
                self.memory.set_mark(tensor, self._rounded(found, given))

    def _rounded(self, found: Trail, given: list[Tensor]) -> Trail:
        """What is left of a trail in whole numbers, which have no derivative."""
        kept = frozenset(one for one in found if type(one) is Rounded)
        if not any(tensor.requires_grad for tensor in given):
            return kept
        place, tag = here(), self.observer.tag
        players = {one.player for one in found if type(one) is Origin}
        return kept | {tag(Rounded, player, place) for player in players}

    def _copy(self, plan: Plan, given: list[Tensor], result: Tensor) -> bool:
        """A copy of a weight remembers the version that was copied."""
        mark = self.memory.mark(given[0])
        if type(mark) is Weight and not mark.buffer:
            call = self.observer.call
            cast = plan.name == "_to_copy" and call is not None and call.autocast
            version = self.versions[mark.player]
            copy = Copied(mark.player, version, here(), autocast=cast)
        elif type(mark) is Copied:
            copy = mark
        else:
            return False
        if not result.is_floating_point():
            return False
        self.memory.set_mark(result, copy)
        return True

    def _joined(self, args: tuple, result: Tensor) -> bool:
        """A batch put together from several keeps the trail of each."""
        given, *more = args
        dim = more[0] if more else 0
        if dim not in (0, -result.dim()) or not result.is_contiguous():
            return False
        spans, start = [], 0
        for part in tensors(given):
            size = part.numel() * result.element_size()
            mark = self.memory.mark(part)
            if type(mark) in (Weight, Copied):
                return False
            trail = _kept(self.memory.trail(part), False, True)
            if spans and spans[-1][2] == trail:
                spans[-1] = (spans[-1][0], start + size, trail)
            else:
                spans.append((start, start + size, trail))
            start += size
        if len(spans) < 2 and not any(type(o) is Derivative for o in spans[0][2]):
            return False
        self.memory.set_mark(result, Parts(spans))
        return True

    def _note_lists(self, plan: Plan, args, kwargs, made) -> None:
        """An operation on lists: each place of the lists is an operation of its own."""
        lists = [a for a in (*args, *kwargs.values()) if _is_list(a)]
        common = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        if plan.measures:
            self.observer.scaling.touched(lists[0])
        writes = bool(plan.writes)
        for place, target in enumerate(lists[0] if lists else ()):
            found = NOTHING
            given = [one[place] for one in lists if len(one) > place] + common
            for tensor in given:
                if writes and tensor is target:
                    continue
                mark: Any = self.memory.mark(tensor)
                if type(mark) in (Weight, Copied):
                    version = getattr(mark, "version", self.versions[mark.player])
                    trail = self.observer.origin(mark.player, version)
                else:
                    trail = self.memory.trail(tensor)
                found = _merge(
                    found, _kept(trail, False, tensor.numel() == target.numel())
                )
            if writes:
                mark = self.memory.mark(target)
                if type(mark) is Weight:
                    self.observer.written(target, mark, plan.name, found, given)
                    continue
                trail = EMPTIED if plan.name == "_foreach_zero_" else found
                self.memory.write(target, trail, whole=plan.overwrites)
                if found:
                    self.observer.averages.written(target, found, given)
            elif _is_list(made) and len(made) > place:
                self.memory.set_mark(made[place], found)

    # -- outside of networks

    def _outside(self, plan: Plan, args, given, results, found: Trail) -> Trail:
        """What sums and products between networks add to a trail."""
        if not results:
            return found
        result = results[0]
        if plan.weighs:
            found = self._weighed(given, found)
        if plan.adds:
            self.observer.sums.added(given, result)
        batched = result.dim() > 1 and result.shape[0] > 1
        if not batched or not result.is_floating_point():
            return found
        if plan.name in ("mul", "lerp") and (n := _factor(given, result)) is not None:
            found = found | {self.observer.tag(Factor, n)}
        if plan.name in SUMS and len(given) > 1 and found:
            bare = [not _origins(self.memory.trail(t)) for t in given]
            wide = [t.shape == result.shape for t in given]
            if any(b and w for b, w in zip(bare, wide, strict=True)) and not all(bare):
                found = found | {self.observer.tag(Blend, here())}
        return found

    def _batch_norm(self, call, args, running) -> None:
        """Mark a call that uses the statistics of its batch."""
        names = [argument.name for argument in call._schema.arguments]
        training = "training" not in names or args[names.index("training")]
        if training and running.frozen:
            for tensor in tensors(args):
                mark = self.memory.mark(tensor)
                if type(mark) is Weight and mark.buffer:
                    self.observer.written(tensor, mark, "", NOTHING, ())
                    break
        if training and args[0].shape[0] > 1:  # instance norm comes as one sample
            running.normed = True
            if running.mixed:
                self.observer.log.note(
                    "mixed-batch-norm", running.place, player=running.player
                )


@cache
def hidden_from_compiler() -> None:
    """Let torch.compile run what watches as it is: no frame of it is compiled."""
    from torch._dynamo import trace_rules  # seconds, and optimizers load it anyway

    for room in ("ganflow.loop_audit", "ganflow.loop_report"):
        trace_rules.add(room)


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and isinstance(value[0], Tensor)
    )


def _merge(found: Trail, trail: Trail) -> Trail:
    if not found or found is trail:
        return trail
    return found if trail <= found else found | trail


def _kept(trail: Trail, bare: bool, same_size: bool) -> Trail:
    """What of a trail goes on: marks of one use end where the value becomes another."""
    for one in trail:
        if type(one) is not Origin:
            break
    else:
        return trail
    if trail == EMPTIED:
        return NOTHING
    return frozenset(
        one
        for one in trail
        if type(one) is Origin
        or type(one) in (Scaled, Rounded)
        or (type(one) is Derivative and not bare and same_size)
        or (type(one) in (Blend, Factor, Slope) and not bare)
    )


def _origins(trail: Trail) -> bool:
    return any(type(one) is Origin for one in trail)


def _factor(given: list[Tensor], result: Tensor) -> int | None:
    """How many numbers a factor of a batch holds: 0 where that cannot be told.

    None for a factor that is no tensor.
    """
    for tensor in given:
        if tensor.shape != result.shape or 0 in tensor.stride():
            block = tensor.untyped_storage()
            return max(1, block.nbytes() // max(1, tensor.element_size()))
    return 0 if len(given) > 1 else None
