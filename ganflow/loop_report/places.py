"""Which line of the user's code runs now."""

from __future__ import annotations

import os
import sys
import sysconfig
from types import CodeType, ModuleType

from ganflow.loop_report.record import UNKNOWN, Place

# Their frames are passed over: the user wants the line that called them.
FRAMEWORKS = ("accelerate", "lightning", "lightning_fabric", "pytorch_lightning")
_PACKAGES = {sysconfig.get_path(kind) + os.sep for kind in ("purelib", "platlib")}
_LIBRARY = tuple(
    {sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "platstdlib")}
)
_passed_over = {
    packages + name + os.sep for packages in _PACKAGES for name in FRAMEWORKS
}
_known: dict[CodeType, bool] = {}


def pass_over(*modules: ModuleType | str) -> None:
    """Take the folders of these modules for no code of the user's.

    Parameters
    ----------
    *modules : module or str
        A module, or the path of its file.
    """
    for module in modules:
        file = module if isinstance(module, str) else module.__file__
        if file:
            _passed_over.add(os.path.dirname(os.path.abspath(file)) + os.sep)
    _known.clear()


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


def _is_users(file: str) -> bool:
    if file.startswith("<") and not file.startswith("<ipython"):
        return False  # frozen modules, code made by dataclasses
    file = os.path.abspath(file)
    if file.startswith(tuple(_passed_over)):
        return False
    library = file.startswith(_LIBRARY) and not file.startswith(tuple(_PACKAGES))
    return not library


pass_over(__file__)
