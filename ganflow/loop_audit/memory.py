"""What each block of memory remembers.

Values that share memory (a tensor, its `detach()`, its `.data`, a slice) share a trail.
It hangs on the block's own Python object, so it dies with the block and keeps none
alive.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import torch
from torch import Tensor

from ganflow.loop_audit.origins import KEPT, NOTHING, Trail, youngest
from ganflow.loop_report import Place

_serials = count()
MOST_PARTS = 64


class Weight:
    """Marks a block that holds weights, or buffers, of a player."""

    __slots__ = ("buffer", "key", "player")

    def __init__(self, player: str, key: int, *, buffer: bool = False):
        self.player = player
        self.key = key  # the id of the weight: the players keep it alive
        self.buffer = buffer


class Copied:
    """Marks a copy of a player's weights, with the version that was copied."""

    __slots__ = ("autocast", "place", "player", "version")

    def __init__(self, player: str, version: int, place, *, autocast: bool):
        self.player = player
        self.version = version
        self.place = place
        self.autocast = autocast


class Parts:
    """A block whose regions (in bytes) have trails of their own."""

    __slots__ = ("spans",)

    def __init__(self, spans: list[tuple[int, int, Trail]]):
        self.spans = spans

    def within(self, start: int, stop: int) -> Trail:
        """The trail of what lies between two bytes."""
        found = NOTHING
        for first, last, trail in self.spans:
            if first < stop and start < last:
                found = found | trail
        return found

    def write(self, start: int, stop: int, trail: Trail) -> None:
        """Put a trail in the place of what lay between two bytes."""
        kept = []
        for first, last, old in self.spans:
            if first < start:
                kept.append((first, min(last, start), old))
            if stop < last:
                kept.append((max(first, stop), last, old))
        kept.append((start, stop, trail))
        kept.sort(key=lambda span: span[0])
        if len(kept) > MOST_PARTS:
            whole = frozenset().union(*(old for _, _, old in kept))
            kept = [(kept[0][0], kept[-1][1], whole)]
        self.spans = kept


Mark = Trail | Weight | Copied | Parts


class Memory:
    """Reads and writes what blocks remember, for one audit."""

    def __init__(self):
        self._key = f"_ganflow_trail_{next(_serials)}"
        self._name = f"{self._key}_serial"
        self._cut = f"{self._key}_cut"
        self._next = count()
        self.strange: set[str] = set()  # kinds of tensors without memory of their own

    def mark(self, tensor: Tensor) -> Mark:
        """What is written on the block of a tensor."""
        try:
            return tensor.untyped_storage().__dict__.get(self._key, NOTHING)
        except (NotImplementedError, RuntimeError):
            self.strange.add(type(tensor).__name__)
            return NOTHING

    def set_mark(self, tensor: Tensor, mark: Mark) -> None:
        """Write on the block of a tensor."""
        storage = self.block(tensor)
        if storage is not None:
            storage.__dict__[self._key] = mark

    def set_cut(self, tensor: Tensor, place: Place) -> None:
        """Say where a value was last taken off its history."""
        storage = self.block(tensor)
        if storage is not None:
            storage.__dict__[self._cut] = place

    def cut(self, tensor: Tensor) -> Place | None:
        """Where a value was last taken off its history, if it was."""
        storage = self.block(tensor)
        return None if storage is None else storage.__dict__.get(self._cut)

    def trail(self, tensor: Tensor) -> Trail:
        """The trail of a value that is no weight."""
        mark = self.mark(tensor)
        if type(mark) is Parts:
            return mark.within(*span(tensor)[:2])
        return mark if type(mark) is frozenset else NOTHING

    def write(self, tensor: Tensor, trail: Trail, *, whole: bool) -> None:
        """Say what was written into a value; `whole` if nothing of the old is left."""
        mark: Any = self.mark(tensor)
        if isinstance(mark, (Weight, Copied)):
            mark = NOTHING
        start, stop, dense = span(tensor)
        storage = self.block(tensor)
        size = 0 if storage is None else storage.nbytes()
        if whole and dense and (start > 0 or stop < size):
            if type(mark) is not Parts:
                if mark == trail:
                    return
                mark = Parts([(0, size, mark)])
            mark.write(start, stop, trail)
        elif type(mark) is Parts and not (whole and dense):
            spans = mark.spans
            mark = Parts(
                [
                    (a, b, old | trail if a < stop and start < b else old)
                    for a, b, old in spans
                ]
            )
        else:
            before: Any = mark
            mark = trail if whole and dense else before | trail
            if len(mark) > KEPT:
                mark = youngest(mark)
        self.set_mark(tensor, mark)

    def rows(self, tensor: Tensor) -> list[tuple[int, int, Trail]]:
        """The trails of the rows of a batch: first row, last row + 1, trail."""
        mark = self.mark(tensor)
        rows = tensor.shape[0] if tensor.dim() else 1
        if type(mark) is not Parts or not rows:
            return [(0, rows, self.trail(tensor))]
        start, stop, _ = span(tensor)
        width = max(1, (stop - start) // rows)
        return [
            (max(0, (a - start) // width), min(rows, -(-(b - start) // width)), trail)
            for a, b, trail in mark.spans
            if a < stop and start < b
        ]

    def identity(self, tensor: Tensor) -> tuple:
        """A name for the value in a tensor, that no other value gets."""
        storage = self.block(tensor)
        if storage is None:
            return (id(tensor),)
        serial = storage.__dict__.setdefault(self._name, next(self._next))
        version = 0 if tensor.is_inference() else tensor._version
        return (serial, version, tensor.storage_offset(), tuple(tensor.shape))

    def block(self, tensor: Tensor) -> torch.UntypedStorage | None:
        """The memory of a tensor; None for kinds that have none of their own."""
        try:
            return tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):
            self.strange.add(type(tensor).__name__)
            return None


def span(tensor: Tensor) -> tuple[int, int, bool]:
    """The first byte of a tensor in its block, the one after its last, and if dense."""
    width, count_ = tensor.element_size(), int(tensor.numel())
    start = int(tensor.storage_offset()) * width
    if not count_:
        return start, start, True
    if tensor.is_contiguous():
        return start, start + count_ * width, True
    sizes, strides = tensor.shape, tensor.stride()
    last = int(sum((n - 1) * step for n, step in zip(sizes, strides, strict=True)))
    stop = start + (last + 1) * width
    return start, stop, stop - start == count_ * width
