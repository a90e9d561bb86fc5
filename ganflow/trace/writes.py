"""Who last overwrote each block of memory, since aliases share one."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from ganflow.trace.calls import Call, Source

SHARED = "shared memory"


class Writes:
    """Remembers the last `Call` that wrote to each block, and keeps no block alive."""

    def __init__(self):
        self._last: dict[int, tuple[StorageWeakRef, Call, str | None]] = {}
        self._purge_at = 64

    def note(self, value: Tensor, call: Call, through: str | None) -> None:
        """Say that `call` overwrote the memory of `value`, reached by `through`."""
        storage = storage_of(value)
        if storage is None:
            return
        self._last[storage._cdata] = (StorageWeakRef(storage), call, through)
        if len(self._last) > self._purge_at:
            kept = {k: w for k, w in self._last.items() if not w[0].expired()}
            self._last, self._purge_at = kept, max(64, 2 * len(kept))

    def since(self, value: Tensor, own: Call | None) -> Iterator[Source]:
        """The last write to the memory of `value`, if it is younger than `own`."""
        storage = storage_of(value) if self._last else None
        if storage is None or storage._cdata not in self._last:
            return
        _, writer, through = self._last[storage._cdata]
        if own is None or writer.number > own.number:
            reason = through or (own and own.reason) or SHARED
            yield Source(writer, False, reason if writer.live else None)


def storage_of(value: Tensor) -> torch.UntypedStorage | None:
    """The memory of a tensor; None for those that have none (sparse, wrapped)."""
    try:
        return value.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return None
