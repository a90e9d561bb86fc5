"""Which line of the user's code runs now."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType

import torch
from torch.utils.checkpoint import CheckpointFunction

from ganflow.loop_report import Place
from ganflow.loop_report.record import UNKNOWN

# Their frames are passed over: the user wants the line that called them.
FRAMEWORKS = ("accelerate", "lightning", "lightning_fabric", "pytorch_lightning")
_PACKAGES = {sysconfig.get_path(kind) + os.sep for kind in ("purelib", "platlib")}
_LIBRARY = tuple(
    {sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib")}
)
_OURS = (
    *(os.path.dirname(os.path.abspath(path)) + os.sep for path in (torch.__file__,)),
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    *(packages + name + os.sep for packages in _PACKAGES for name in FRAMEWORKS),
)
_known: dict[CodeType, bool] = {}


def here() -> Place:
    """The innermost line that is of no framework; `UNKNOWN` if there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        users = _known.get(code)
        if users is None:
            users = _known[code] = _is_users(code.co_filename)
        if users:
            return Place(code.co_filename, frame.f_lineno)
        frame = frame.f_back
    return UNKNOWN


def in_checkpoint() -> bool:
    """Whether a checkpoint with use_reentrant=True is running what runs now."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code is CheckpointFunction.forward.__code__:
            return True
        frame = frame.f_back
    return False


def _is_users(file: str) -> bool:
    if file.startswith("<") and not file.startswith("<ipython"):
        return False  # frozen modules, code made by dataclasses
    file = os.path.abspath(file)
    if file.startswith(_OURS):
        return False
    library = file.startswith(_LIBRARY) and not file.startswith(tuple(_PACKAGES))
    return not library
