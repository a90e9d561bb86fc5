"""Backward passes: what they were made from, whom they reach, what they cost."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.node_ages import Age, NodeAges
from ganflow.loop_audit.origins import Derivative, Origin, Rounded, Slope, Torn
from ganflow.loop_audit.places import here
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward
from ganflow.loop_report.record import UNKNOWN

CALLS_KEPT = 512
NO_GRAPH = "taken without create_graph=True"
UNCUT = "Leave out the detach(), .data or item() behind it"


class Passes:
    """Stands in the place of the engine that every `backward` and `grad` calls.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self.ages = NodeAges()
        self._calls: OrderedDict[Age, Call] = OrderedDict()  # by its node's age
        self.counts = True  # the pass is by weights: it pulls at scores
        self._inner = 0  # walks that a walk has begun
        # Of each weight the last step that moved it, and the age that a node would
        # have got then: those of older graphs are smaller.
        self.stepped: dict[int, tuple[Age, Place]] = {}

    def made(self, node, call: Call) -> None:
        """Say that a call's output hangs on an autograd node."""
        self._calls[self.ages.of(node)] = call
        if len(self._calls) > CALLS_KEPT:
            self._calls.popitem(last=False)

    def moved(self, keys: Iterable[int], place: Place) -> None:
        """Say that a step at a line has changed these weights."""
        now = self.ages.now(self._observer.thread)
        self.stepped |= dict.fromkeys(keys, (now, place))

    def torn(self, node, key: int) -> Torn | None:
        """Whether a walk reads a weight that was stepped since its node was made.

        A checkpoint does, which runs the network again; and the walk over a plain layer
        whose optimizer writes without being counted, or that was written by `.data`.
        What a checkpoint walks within a walk on a GPU it has made just now.
        """
        if self._inner and threading.get_ident() != self._observer.thread:
            return None
        age, step = self.stepped.get(key, ((-1, 0), UNKNOWN))
        if self.ages.of(node) >= age:
            return None
        back = self._observer.back
        return Torn(here() if back is None else back.place, step)

    def run(self, real, outputs, *args, **kwargs):
        """Let the engine run, and write down what it did."""
        observer = self._observer
        nodes = [n for n in map(_node_of, outputs) if n is not None]
        if observer.busy and not observer.in_closure:
            observer.steps.give_up()
        if observer.back is not None or (observer.busy and not observer.in_closure):
            return self._run_inner(real, nodes, outputs, *args, **kwargs)
        create = bool(args[2]) if len(args) > 2 else bool(kwargs.get("create_graph"))
        wanted = args[3] if len(args) > 3 else kwargs.get("inputs", ())
        accumulate = bool(kwargs.get("accumulate_grad", False))
        observer.steps.finish_hand()
        place = here()
        observer.gradients.look(place)
        back, order, leaves = self._begin(outputs, nodes, place)
        back.bare = not nodes
        observer.gradients.last_wipe = None
        if observer.in_closure:
            back.held = True
            observer.closure_backs.append(back)
        asked = {observer.players.of(t) for t in wanted if isinstance(t, Tensor)}
        back.asked = frozenset(who for who in asked if who)
        by_weights = accumulate or bool(back.asked)
        before = self._grads() if accumulate else {}
        inputs = {id(p): _state(p) for p in leaves} if accumulate else {}
        self.counts = by_weights
        observer.back = back
        self.ages.begin()
        try:
            result = real(outputs, *args, **kwargs)
        finally:
            observer.back = None
            observer.costs.forget()
        if create:
            weights = [p for _, p in observer.players.weights.values() if p.is_leaf]
            made = [p.grad for p in leaves + weights] if accumulate else result
            self.ages.end(made, order)
        if accumulate:
            changed = [
                p.grad
                for key, (_, p) in observer.players.weights.items()
                if p.is_leaf and p.grad is not None and _state(p) != before.get(key)
            ]
            observer.gradients.tag(changed, observer.tag(Derivative, back))
            slopes = [
                p.grad
                for p in leaves
                if p.grad is not None and _state(p) != inputs[id(p)]
            ]
            self._slopes(back, slopes)
        else:
            self._give(back, result, wanted, create=create, place=place)
        observer.gradients.look()
        if accumulate or by_weights:
            observer.last_back = back
        return result

    def _run_inner(self, real, nodes, outputs, *args, **kwargs):
        """Let the engine run a checkpoint's own pass, inside of another."""
        self._observer.costs.walk(nodes)
        self._inner += 1
        try:
            return real(outputs, *args, **kwargs)
        finally:
            self._inner -= 1

    def _begin(
        self, outputs, nodes, place: Place
    ) -> tuple[Backward, list[Any], list[Tensor]]:
        """Write down what a pass starts from; also its graph and what it reads.

        Returns
        -------
        back : Backward
        order : list of autograd nodes
            Those of the graph.
        leaves : list of Tensor
            Those that are no weights.
        """
        observer = self._observer
        trail: set = set()
        for output in outputs:
            if isinstance(output, Tensor):
                trail |= observer.memory.trail(output)
        reads = {o.player for o in trail if type(o) is Origin}
        back = observer.log.backward(place, reads)
        order, leaves = observer.costs.walk(nodes)
        back.rounded = {o.player: o.place for o in trail if type(o) is Rounded}
        ages = set(map(self.ages.of, order))
        for age in ages & self._calls.keys():
            self._calls[age].walked = True
        slopes = [o for o in trail if type(o) is Slope]
        living = {o.back.place for o in slopes if o.nodes & ages}
        for o in slopes:  # one of an earlier pass of a living line is a running mean
            if o.back.place not in living and observer.log.move_count - o.moves < 2:
                where = o.cut or o.back.place
                how = "cut off its graph" if o.nodes else NO_GRAPH
                cure = UNCUT if o.nodes else "Take it with create_graph=True"
                also = [o.back.place, place]
                observer.log.note("dead-penalty", where, also, how=how, cure=cure)
        for node in nodes:
            observer.sums.walked(node, place)
        observer.sums.grown(place, len(order))
        calls = {o.call for o in trail if type(o) is Origin and o.call is not None}
        observer.remember(back, calls)
        strays = [p for p in leaves if isinstance(p, nn.Parameter)]
        observer.steps.note_strays(strays, place)
        return back, order, [p for p in leaves if not isinstance(p, nn.Parameter)]

    def _grads(self) -> dict[int, tuple[int, int] | None]:
        return {
            key: _state(p)
            for key, (_, p) in self._observer.players.weights.items()
            if p.is_leaf
        }

    def _give(self, back, result, wanted, *, create: bool, place: Place) -> None:
        """Mark what `autograd.grad` returned."""
        observer = self._observer
        for given, asked in zip(result, wanted, strict=False):
            if not isinstance(given, Tensor):
                continue
            if isinstance(asked, Tensor) and observer.players.of(asked):
                observer.gradients.tag([given], observer.tag(Derivative, back))
            else:
                self._slopes(back, [given])
                if create and isinstance(asked, Tensor):
                    observer.look_at_penalty(back, asked, place)
                    if asked.grad_fn is not None:
                        observer.costs.asks(asked.grad_fn)

    def _slopes(self, back: Backward, slopes: list[Tensor]) -> None:
        """Mark derivatives by inputs."""
        observer = self._observer
        for slope in slopes:
            node = slope.grad_fn
            nodes = frozenset() if node is None else frozenset((self.ages.of(node),))
            tag = observer.tag(Slope, back, observer.log.move_count, nodes)
            observer.gradients.tag([slope], tag)


def _state(p: Tensor) -> tuple[int, int] | None:
    return None if p.grad is None else (id(p.grad), p.grad._version)


def _node_of(output: Any):
    """The node that a pass starts from; a tensor's, or that of a gradient edge."""
    if isinstance(output, Tensor):
        return output.grad_fn
    return getattr(output, "node", None)
