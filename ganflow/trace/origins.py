"""Which call each tensor's value came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

import torch
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge
from torch.utils.checkpoint import CheckpointFunction
from torch.utils.weak import WeakIdKeyDictionary

from ganflow.records.derivative_trace import ONE_PIECE
from ganflow.trace.calls import (
    NUMBER,
    Call,
    GradNode,
    Source,
    carries,
    tensors_in,
)
from ganflow.trace.networks import Given
from ganflow.trace.writes import SHARED, Blocks, Writes, storage_of

OUTSIDE = "from outside torch"
UNWATCHED = "an unwatched call"


class Origins:
    """Remembers the `Call` behind every value, and keeps no value alive.

    An autograd node carries its call in its own metadata, which lives as long as the
    node. A value without history has its call in a dictionary with weak keys. Memory
    that was overwritten has the last writer, since a detached tensor and its original
    share it; and a tensor that no seen call made has the maker of its memory.

    A value can leave torch, as by `numpy()`, and come back as a tensor that nobody saw
    being made. So such a tensor may hold values of each network that left before.

    Parameters
    ----------
    given : iterable of Given
        The leaves that have a name.
    own_state : iterable of Tensor
        The networks' buffers.
    """

    def __init__(self, given: Iterable[Given], own_state: Iterable[Tensor] = ()):
        self.numbers = count()
        self._key = object()
        self._values = WeakIdKeyDictionary()
        self.writes = Writes()
        self._makers: Blocks[Call] = Blocks()
        self._constant = Call(-1, "")
        self._left: dict[str, str] = {}  # network -> the door by which it last left
        self.called: set[str] = set()  # networks
        self._first, self._end = _next_sequence_number(), None
        for tensor in own_state:
            self._makers.note(tensor, self._constant)
        for tensor, kind, network, name in given:
            shape = tuple(tensor.shape)
            leaf = Call(next(self.numbers), name, kind, network, shape=shape)
            self._values[tensor] = leaf
            self._makers.note(tensor, leaf)

    def end(self) -> None:
        """Say that the watch is over: what is recorded from now on, nobody saw."""
        self._end = _next_sequence_number()

    def sources(self, given: object) -> tuple[Source, ...]:
        """What the tensors in `given` came from, each source once."""
        found = dict.fromkeys(s for t in tensors_in(given) for s in self._sources_of(t))
        return tuple(found)

    def own(self, value: Tensor) -> Call | None:
        """The call noted for a value that carries no derivative."""
        return self._values.get(value)

    def note(self, value: Tensor, call: Call) -> None:
        """Say that `value`, which carries no derivative, came from `call`."""
        self._values[value] = call

    def made(self, value: Tensor, call: Call | None = None) -> None:
        """Say which call made the memory of `value`; without one, it is a constant."""
        self._makers.note(value, call or self._constant)

    def is_known(self, value: Tensor) -> bool:
        """Whether anything but a constant was seen to make or overwrite `value`."""
        made = self._values.get(value) or self._makers.of(value)
        return made not in (None, self._constant)

    def leave(self, value: object, door: str) -> None:
        """Say that `value` was read by what the watch cannot see."""
        for source in self.sources(value):
            for network in source.call.networks:
                if door != NUMBER or network not in self._left:
                    self._left[network] = door

    def enter(self, value: Tensor) -> Call:
        """The call behind a tensor that no seen call made: that of its memory, or one
        that may have come from each network whose values left torch before."""
        call = self._makers.of(value) or self._makers.around(value)
        if call is None:
            call = self._from_outside(value, self._left) if self._left else None
            call = call or self._constant
            self._makers.note(value, call)
        return call

    def _from_outside(self, value: Tensor, left: Mapping[str, str]) -> Call:
        number, shape = next(self.numbers), tuple(value.shape)
        return Call(number, OUTSIDE, shape=shape, unseen=dict(left))

    def weights(self) -> set[int]:
        """The memory blocks of the named networks' parameters."""
        named = (t for t, c in self._values.items() if c.kind == "parameter")
        return {storage._cdata for t in named if (storage := storage_of(t)) is not None}

    def call_of(self, node: GradNode, inside: Call | None = None) -> Call:
        """The call that made an autograd node; one of its own if nobody watched it.

        Parameters
        ----------
        node : autograd node
            The node.
        inside : Call or None
            The last call that was seen in the forward of a custom Function.
        """
        known = node.metadata.get(self._key)
        return known or self._adopt(node, inside)

    def leaf(self, tensor: Tensor) -> Call:
        """The leaf record of a tensor that needs a gradient and has no history."""
        own = self._values.get(tensor)
        if own is not None and own.is_leaf:
            return own
        behind = ()
        if own is not None:
            behind = (Source(own, False),) if own.sources or own.unseen else ()
        elif not isinstance(tensor, nn.Parameter) or self._makers.of(tensor):
            behind = tuple(self._entered(tensor))
        shape = tuple(tensor.shape)
        leaf = Call(next(self.numbers), "", "input", shape=shape, sources=behind)
        self._values[tensor] = leaf
        return leaf

    def is_beginning(self, value: Tensor) -> bool:
        """Whether `value` is a leaf that came from nothing watched: a weight, say."""
        return value.is_leaf and not self.leaf(value).sources

    def mark(self, top: GradNode, call: Call) -> None:
        """Credit `call` with the node `top` and all unmarked nodes behind it."""
        todo = [top]
        while todo:
            node = todo.pop()
            marks = node.metadata
            if self._key not in marks and type(node).__name__ != "AccumulateGrad":
                marks[self._key] = call
                todo.extend(n for n, _ in node.next_functions if n is not None)

    def behind(self, top: GradNode) -> tuple[Source, ...]:
        """The sources of the unmarked nodes from `top` on: marked calls and leaves."""
        found, seen, todo, old = {}, set(), [top], self.is_before(top)
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            if type(node).__name__ == "AccumulateGrad":
                found[Source(self.leaf(node.variable), True)] = None
            elif self._key in node.metadata:
                found[Source(node.metadata[self._key], True)] = None
            elif self.is_before(node) and not old:
                found[Source(self._adopt(node), True)] = None
            else:
                todo.extend(n for n, _ in node.next_functions if n is not None)
        return tuple(found)

    def is_before(self, node: GradNode) -> bool:
        """Whether a node that no call made was recorded before the watch began."""
        return node._sequence_nr() < self._first

    def _sources_of(self, value: Tensor) -> Iterator[Source]:
        found = list(self._seen_sources_of(value))
        yield from found
        weight = isinstance(value, nn.Parameter)  # a beginning, whoever shares it
        if self._left and not weight and _is_shared_outside(value):
            known = frozenset().union(*(s.call.networks for s in found))
            late = {
                network: door
                for network, door in self._left.items()
                if door != NUMBER and network not in known
            }
            if late:
                yield Source(self._from_outside(value, late), False)

    def _seen_sources_of(self, value: Tensor) -> Iterator[Source]:
        if not carries(value):
            own = self._values.get(value)
            if own is None:
                yield from self._entered(value)
            elif own.is_leaf or own.sources or own.unseen:
                yield Source(own, False)
            if own is None or own.kind != "parameter":
                yield from self.writes.since(value, own)
        elif value.is_leaf:
            leaf = self.leaf(value)
            yield Source(leaf, True)
            if leaf.sources:
                yield from self.writes.since(value, leaf)
        else:
            own = self.call_of(value.grad_fn, self._values.get(value))
            yield Source(own, True)
            # A write that autograd knows of is no news: the node is as young as it.
            yield from self.writes.since(value, own)

    def _entered(self, value: Tensor) -> Iterator[Source]:
        """What a tensor that no seen call made came from, as far as memory tells."""
        call = self.enter(value)
        if call.is_leaf or call.sources or call.unseen:
            cut = SHARED if call.live or call.kind == "parameter" else None
            yield Source(call, False, cut)

    def _adopt(self, node: GradNode, inside: Call | None = None) -> Call:
        before = self.is_before(node)
        after = self._end is not None and node._sequence_nr() >= self._end
        name = re.sub(r"Backward\d*$", "", type(node).__name__)
        behind = self.behind(node)
        hidden, unseen = (), {}
        if isinstance(node, CheckpointFunction._backward_cls):
            inner = inside.networks if inside else self.called
            unseen = dict.fromkeys(inner, ONE_PIECE)
        elif inside:
            hidden = _given_to(inside, set(behind))
        elif not (before or after):
            unseen = dict.fromkeys(self.called, UNWATCHED)
        whose = {s.call.network for s in behind if s.call.kind == "parameter"}
        # It is as old as what it is made of: a write since then is news to it.
        call = Call(
            max((source.call.number for source in behind), default=-1),
            "made before the watch" if before else name,
            network=whose.pop() if len(whose) == 1 else None,
            sources=(*behind, *hidden),
            live=True,
            before=before,
            outside=before or after,
            unseen=unseen,
        )
        self.mark(node, call)
        return call


def _given_to(inside: Call, known: set[Source]) -> Iterator[Source]:
    """What a custom Function was given that carries no derivative.

    Its forward runs without a graph, so its own values look cut off from `known`, the
    sources that its node does hand a derivative to: those are looked through.
    """
    for source in inside.sources:
        if source in known:
            continue
        own = {s for s in source.call.sources if s.live}
        if source.call.reason == "no_grad" and own <= known:
            yield from _given_to(source.call, known)
        elif not source.live:
            yield source


def _is_shared_outside(value: Tensor) -> bool:
    """Whether memory is NumPy's too, say: torch then refuses to resize it."""
    storage = storage_of(value)
    return storage is not None and not storage.resizable()


def _next_sequence_number() -> int:
    """The number that autograd gives to the next node it records."""
    with torch.inference_mode(False), torch.enable_grad():
        probe = torch.ones((), requires_grad=True).clone()
    return get_gradient_edge(probe).node._sequence_nr()
