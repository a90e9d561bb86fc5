"""Lend the names of a package without importing what defines them (PEP 562)."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path


def lend(package: str, file: str) -> tuple[Callable, Callable, list[str]]:
    """Make the `__getattr__`, `__dir__` and `__all__` of a package from its stub.

    The stub `__init__.pyi` beside the package's `__init__.py` says once, as ordinary
    imports, where each name is defined; type checkers and editors read it, too.

    Parameters
    ----------
    package : str
        The package's `__name__`.
    file : str
        The package's `__file__`.

    Returns
    -------
    tuple
        `__getattr__`, `__dir__`, `__all__`, in this order.
    """
    text = Path(file).with_suffix(".pyi").read_text("utf-8")
    where = {
        alias.name: node.module
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }

    def __getattr__(name: str):
        if name not in where:
            raise AttributeError(
                f"module {package!r} has no {name!r}; it has {', '.join(sorted(where))}"
            )
        return getattr(import_module(where[name]), name)

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *where})

    return __getattr__, __dir__, sorted(where)
