"""Graphs that are kept from tick to tick: totals and lists that nobody detached."""

from __future__ import annotations

import weakref
from collections import OrderedDict, defaultdict, deque

import torch
from torch import Tensor

from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.node_ages import Age
from ganflow.loop_audit.places import here
from ganflow.loop_report import Place

KEPT = 512
EACH = 32  # calls of one line whose graphs are followed
DEPTH = 4


class Sums:
    """Knows where backward began, and finds losses of several ticks in one sum.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self._walked: OrderedDict[Age, tuple[Place, int]] = OrderedDict()
        self._sizes: dict[Place, tuple[int, int, int]] = {}

    def walked(self, node, place: Place) -> None:
        """Say that the backward pass of a line began at a node."""
        moves = self._observer.log.move_count
        self._walked[self._observer.passes.ages.of(node)] = place, moves
        if len(self._walked) > KEPT:
            self._walked.popitem(last=False)

    def grown(self, place: Place, nodes: int) -> None:
        """Note a line whose graph has grown by the same number of nodes twice."""
        first, second, third = (*self._sizes.get(place, (0, 0, 0))[1:], nodes)
        self._sizes[place] = first, second, third
        if first and third - second == second - first > 0:
            self._observer.log.note("growing-graph", place)

    def added(self, given: list[Tensor], result: Tensor) -> None:
        """Look at a sum of scalars outside of networks."""
        if result.dim() or not torch.is_grad_enabled():
            return
        live = [t.grad_fn for t in given if t.grad_fn is not None]
        if live and self._walked:
            found = {one for node in live for one in self._places(node)}
            if len({place for place, _ in found}) < len(found):
                self._observer.log.note("growing-graph", here())

    def _places(self, node, depth: int = 0) -> list[tuple[Place, int]]:
        """The lines whose losses lie in a sum, and the moves before each backward."""
        walked = self._walked.get(self._observer.passes.ages.of(node))
        if walked is not None:
            return [walked]
        if depth == DEPTH or not node.name().startswith(("Add", "Div", "Mul")):
            return []
        behind = (after for after, _ in node.next_functions if after is not None)
        return [p for after in behind for p in self._places(after, depth + 1)]


class _Token:
    """Lives in an autograd node's own metadata, as long as the node."""


class KeptGraphs:
    """Finds outputs of networks whose graphs nobody walks and somebody keeps.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self._key = object()
        self._made: dict[tuple[Place, str], deque] = defaultdict(
            lambda: deque(maxlen=EACH)
        )

    def made(self, node, call: Call) -> None:
        """Follow the graph behind the output of a call."""
        token = node.metadata[self._key] = _Token()
        self._made[call.place, call.player].append((weakref.ref(token), call))

    def look(self) -> None:
        """Note the lines of which graphs of several ticks are alive, and unwalked."""
        for (place, _), made in self._made.items():
            alive = [call for ref, call in made if ref() is not None]
            kept = {call.version for call in alive if not call.walked}
            if len(kept) > 1:
                self._observer.log.note("growing-graph", place)
