"""Every pair of losses of the book: the four of book/03b and two more of book/06."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ganflow.losses.adversarial import LOSSES, AdversarialLoss
from ganflow.losses.least_squares import least_squares_loss_D, least_squares_loss_G
from ganflow.losses.relativistic import relativistic_loss_D, relativistic_loss_G

EVERY_LOSS: Mapping[str, AdversarialLoss] = MappingProxyType(
    {
        **LOSSES,
        "least squares": AdversarialLoss(
            "least squares", least_squares_loss_D, least_squares_loss_G
        ),
        "relativistic": AdversarialLoss(
            "relativistic", relativistic_loss_D, relativistic_loss_G, G_reads_real=True
        ),
    }
)
