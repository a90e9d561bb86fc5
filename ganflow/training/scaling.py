"""The scale of a player's loss in float16, whose small gradients else become 0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

# Half of torch's own 2**16, which is above 65,504, the largest float16: where a mean of
# scores meets D's last bias the derivative is 1, so the first step would be left out.
START = 2.0**15


class LossScaler:
    """Step one player by its scaled loss, and count the steps that were left out.

    Each player has one of its own. torch wants an `update` between two steps of an
    optimizer, which for D are five in a tick; that of a scaler for both would also
    change G's scale, and could stand between G's loss and its step. One that belongs
    to D alone never does, and an overflow of D leaves G's scale as it is.

    Parameters
    ----------
    device : torch.device
        Of the losses.

    Attributes
    ----------
    skipped : Tensor (), float32
        Steps left out so far, since a gradient was infinite or NaN. On the device.

    Gradient: `step` calls backward; nothing else here touches one.
    """

    def __init__(self, device: torch.device):
        self._scaler = torch.amp.GradScaler(device.type, init_scale=START)
        self._one = torch.ones((), device=device)
        self.skipped = torch.zeros((), device=device)

    @property
    def scale(self) -> Tensor:
        """What the next loss is multiplied by; on the device, so that nobody waits."""
        return self._scaler.scale(self._one)

    def step(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Find the gradients of the scaled loss, and step by them divided by the scale.

        A step whose gradients are not all finite is left out, and halves the scale;
        2,000 others in a row double it. A fused optimizer decides that on the device;
        for another one the host would wait to know.

        Parameters
        ----------
        loss : Tensor ()
        optimizer : Optimizer
            The player's, its gradients cleared.

        Gradient: backward reaches all that the loss depends on and is not frozen; only
        what the optimizer holds is divided by the scale.
        """
        before = self.scale
        self._scaler.scale(loss).backward()
        self._scaler.step(optimizer)
        self._scaler.update()
        self.skipped += self.scale < before

    def state_dict(self) -> dict[str, Any]:
        """Give the scale, how long it has stood, and the count, as plain numbers."""
        return self._scaler.state_dict() | {"skipped": self.skipped.item()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what `state_dict` gave, in place: a CUDA graph knows the addresses."""
        self._scaler.load_state_dict(state)
        self.skipped.fill_(state["skipped"])
