"""Who made each block of memory, and who last overwrote it: aliases share one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from ganflow.trace.calls import Call, Source

SHARED = "shared memory"
Noted = TypeVar("Noted")


class Blocks(Generic[Noted]):
    """Remembers something of each block of memory, and keeps no block alive."""

    def __init__(self):
        # The weak reference keeps the number of a block from being given out again.
        self._noted: dict[int, tuple[StorageWeakRef, int, int, Noted]] = {}
        self._purge_at = 64

    def note(self, value: Tensor, what: Noted) -> None:
        """Remember `what` of the memory of `value`."""
        storage = storage_of(value)
        if storage is None:
            return
        where, size = storage.data_ptr(), storage.nbytes()
        self._noted[storage._cdata] = (StorageWeakRef(storage), where, size, what)
        if len(self._noted) > self._purge_at:
            kept = {k: w for k, w in self._noted.items() if not w[0].expired()}
            self._noted, self._purge_at = kept, max(64, 2 * len(kept))

    def of(self, value: Tensor) -> Noted | None:
        """What was noted of the memory of `value`."""
        storage = storage_of(value) if self._noted else None
        known = storage and self._noted.get(storage._cdata)
        return known[3] if known else None

    def around(self, value: Tensor) -> Noted | None:
        """What was noted of another block with the same memory: a NumPy array's."""
        storage = storage_of(value)
        if storage is None or not storage.data_ptr():
            return None
        where = storage.data_ptr()
        for block, start, size, what in self._noted.values():
            if start <= where < start + size and not block.expired():
                return what
        return None


class Writes:
    """Remembers the last `Call` that wrote to each block."""

    def __init__(self):
        self._last: Blocks[tuple[Call, str | None]] = Blocks()

    def note(self, value: Tensor, call: Call, through: str | None) -> None:
        """Say that `call` overwrote the memory of `value`, reached by `through`."""
        self._last.note(value, (call, through))

    def since(self, value: Tensor, own: Call | None) -> Iterator[Source]:
        """The last write to the memory of `value`, if it is younger than `own`."""
        last = self._last.of(value)
        if last is None:
            return
        writer, through = last
        if own is None or writer.number > own.number:
            reason = through or (own and own.reason) or SHARED
            yield Source(writer, False, reason if writer.live else None)


def storage_of(value: Tensor) -> torch.UntypedStorage | None:
    """The memory of a tensor; None for those that have none (sparse, wrapped)."""
    try:
        return value.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return None
