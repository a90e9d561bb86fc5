"""Gradient scalers: which gradients still carry the factor, and which factor."""

from __future__ import annotations

import torch
from torch import Tensor

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.origins import Scaled
from ganflow.loop_audit.places import here


class Scaling:
    """Follows every `GradScaler` while the audit is on.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self._epochs: dict[int, int] = {}

    @property
    def used(self) -> bool:
        """Whether a scaler was seen."""
        return bool(self._epochs)

    def patches(self):
        """The methods to put in the place of `GradScaler`'s own: class, name, maker."""
        scaler = torch.amp.GradScaler
        yield scaler, "scale", self._scale
        yield scaler, "unscale_", self._unscale
        yield scaler, "step", self._step
        yield scaler, "update", self._update

    def _scale(self, real):
        def scale(scaler, outputs):
            made = real(scaler, outputs)
            self._mark(scaler)
            return made

        return scale

    def _unscale(self, real):
        def unscale_(scaler, optimizer):
            result = real(scaler, optimizer)
            memory = self._observer.memory
            for p in _held(optimizer):
                if p.grad is not None and (trail := memory.trail(p.grad)):
                    kept = frozenset(o for o in trail if type(o) is not Scaled)
                    if len(kept) < len(trail):
                        memory.write(p.grad, kept, whole=True)
            return result

        return unscale_

    def _step(self, real):
        def step(scaler, optimizer, *args, **kwargs):
            observer, epoch = self._observer, self._epochs.get(id(scaler), 0)
            for p in _held(optimizer):
                old = p.grad is not None and any(
                    type(o) is Scaled and o.scaler == id(scaler) and o.epoch != epoch
                    for o in observer.memory.trail(p.grad)
                )
                if old:
                    observer.log.note("scaler-updated-between", here())
                    break
            before = observer.steps.count
            result = real(scaler, optimizer, *args, **kwargs)
            if observer.steps.count == before:
                observer.skipped(_held(optimizer))
            return result

        return step

    def _update(self, real):
        def update(scaler, new_scale=None):
            result = real(scaler, new_scale)
            self._epochs[id(scaler)] = self._epochs.get(id(scaler), 0) + 1
            self._mark(scaler)
            return result

        return update

    def _mark(self, scaler) -> None:
        scale = getattr(scaler, "_scale", None)
        if isinstance(scale, Tensor):
            epoch = self._epochs.setdefault(id(scaler), 0)
            tag = self._observer.tag(Scaled, id(scaler), epoch)
            self._observer.memory.set_mark(scale, frozenset((tag,)))

    def touched(self, given) -> None:
        """Note a norm or a clip of gradients that still carry the factor."""
        observer = self._observer
        if not self._epochs or observer.back is not None:
            return
        memory = observer.memory
        scaled = [
            tensor
            for tensor in given
            if any(type(o) is Scaled for o in memory.trail(tensor))
        ]
        if scaled:
            grads = {
                id(memory.block(p.grad))
                for _, p in observer.players.weights.values()
                if p.grad is not None
            }
            if any(id(memory.block(tensor)) in grads for tensor in scaled):
                observer.log.note("clipped-while-scaled", here())


def _held(optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]
