"""One loss against two, recorded."""

from ganflow.widgets.one_loss_lab.record import OneLossLab
from ganflow.widgets.one_loss_lab.recording import record_one_loss_lab
from ganflow.widgets.one_loss_lab.view import OneLossLabView, one_loss_lab

__all__ = ["OneLossLab", "OneLossLabView", "one_loss_lab", "record_one_loss_lab"]
