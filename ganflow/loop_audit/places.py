"""Which line of the user's code runs now, with torch's frames passed over."""

import sys

import torch
from torch.utils.checkpoint import CheckpointFunction

from ganflow.loop_audit.plans import tensors
from ganflow.loop_report.places import here, pass_over

__all__ = ["here", "in_checkpoint"]

pass_over(torch, __file__)


def in_checkpoint() -> bool:
    """Whether what runs now will run again, in backward.

    A checkpoint with use_reentrant=True has called it, and one of the checkpoint's own
    inputs wants a derivative: else its result has no history, and nothing runs again.
    """
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is CheckpointFunction.forward.__code__:
            return any(given.requires_grad for given in tensors(frame.f_locals["args"]))
        frame = frame.f_back
    return False
