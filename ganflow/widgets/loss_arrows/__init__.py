"""What each loss asks of the fakes, as arrows."""

from ganflow.widgets.loss_arrows.record import LossArrows
from ganflow.widgets.loss_arrows.view import LossArrowsView, loss_arrows

__all__ = ["LossArrows", "LossArrowsView", "loss_arrows"]
