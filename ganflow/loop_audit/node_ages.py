"""When autograd's nodes were made, whichever thread made them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from torch import Tensor
from torch._C._autograd import _get_sequence_nr

Age = tuple[int, int]  # a node's number; then 0, or its place among other threads'


class NodeAges:
    """Orders nodes as the loop's own thread numbers them.

    Autograd counts nodes in each thread by itself, and a walk on a GPU runs in a thread
    of the device: the nodes that such a walk makes, for a second derivative, have
    numbers that say nothing beside those of the loop. They are taken as made between
    the last node before the walk and the next one after it.
    """

    def __init__(self) -> None:
        self._key = object()
        self._before = 0
        self._elsewhere = 0  # nodes of other threads that were seen

    def of(self, node: Any) -> Age:
        """The age of a node; no two have the same, and an older one is smaller."""
        own = node._sequence_nr(), 0
        return node.metadata.get(self._key, own) if self._elsewhere else own

    def now(self, thread: int) -> Age:
        """The age of the next node that the loop's thread makes."""
        here = threading.get_ident() == thread
        return (_get_sequence_nr() if here else self._before), 0

    def begin(self) -> None:
        """Say that a walk begins, in the loop's thread."""
        self._before = _get_sequence_nr()

    def end(self, made: Iterable[Any], known: Iterable[Any]) -> None:
        """Say that the walk is over.

        Parameters
        ----------
        made : iterable of Tensor
            The derivatives that it made; what is no tensor is passed over.
        known : iterable of autograd nodes
            Those that were there before.
        """
        own = range(self._before, _get_sequence_nr())
        first = [n for t in made if isinstance(t, Tensor) and (n := t.grad_fn)]
        if all(node._sequence_nr() in own for node in first):
            return
        new = [n for n in _behind(first, known) if n._sequence_nr() not in own]
        for node in sorted(new, key=lambda node: node._sequence_nr()):
            self._elsewhere += 1
            node.metadata[self._key] = self._before - 1, self._elsewhere


def _behind(first: Iterable[Any], known: Iterable[Any]) -> list[Any]:
    """The nodes from some on, but for leaves and those that are known."""
    todo, seen, found = [*first], set(known), []
    while todo:
        node = todo.pop()
        if node not in seen and not hasattr(node, "variable"):
            seen.add(node)
            found.append(node)
            todo += [one for one, _ in node.next_functions if one is not None]
    return found
