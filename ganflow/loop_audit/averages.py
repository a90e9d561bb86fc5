"""Averages of a player's weights, kept in tensors of nobody."""

from __future__ import annotations

import torch
from torch import Tensor

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.memory import Weight
from ganflow.loop_audit.origins import Derivative, Origin, Trail
from ganflow.loop_audit.places import here


class Averages:
    """Notes which weights are averaged, and whether their buffers are copied.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer

    def written(self, target: Tensor, found: Trail, given: list[Tensor]) -> None:
        """Look at a write into a tensor of nobody, outside of networks."""
        observer = self._observer
        if observer.call is not None or observer.back is not None:
            return
        read = [o for o in found if type(o) is Origin]
        if not read or any(o.call for o in read):
            return
        if any(type(o) is Derivative for o in found):
            return
        owners = {o.player for o in read}
        if len(owners) != 1:
            return
        (player,) = owners
        log, memory = observer.log, observer.memory
        marks = [memory.mark(t) for t in given if t is not target]
        if any(type(m) is Weight and m.buffer for m in marks):
            log.buffers_copied.add(player)
        elif target.shape in observer.shapes(player):
            if torch.is_grad_enabled() and any(t.requires_grad for t in given):
                log.note("growing-graph", here())
            log.averaged[player].add(id(memory.block(target)))
            log.average_places.setdefault(player, here())
