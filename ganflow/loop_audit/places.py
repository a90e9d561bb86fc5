"""Which line of the user's code runs now, with torch's frames passed over."""

import sys

import torch
from torch.utils.checkpoint import CheckpointFunction

from ganflow.loop_report.places import here, pass_over

__all__ = ["here", "in_checkpoint"]

pass_over(torch, __file__)


def in_checkpoint() -> bool:
    """Whether a checkpoint with use_reentrant=True is running what runs now."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is CheckpointFunction.forward.__code__:
            return True
        frame = frame.f_back
    return False
