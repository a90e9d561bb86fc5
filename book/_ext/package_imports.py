"""Which files of `ganflow` a piece of Python imports, directly or not."""

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ganflow"


def imported(source):
    """The names that a program imports from the package, such as "ganflow.nets.mlp".

    A program that stands in it as a string, to be run by another process, counts.

    Parameters
    ----------
    source : str, Python without IPython's own syntax.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if f"import {PACKAGE}" in node.value or f"from {PACKAGE}" in node.value:
                with suppress(SyntaxError):  # a sentence, not a program
                    yield from imported(node.value)
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] == PACKAGE)


@cache
def file_of(name):
    """The file of a module or package of this dotted name, or None."""
    place = ROOT.joinpath(*name.split("."))
    return next(
        (p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()),
        None,
    )


@cache
def needed(name):
    """The names that importing `name` imports in turn, and the files it reads.

    A name that a package lends lazily (its stub says from where) needs only the module
    that defines it; any other name of a package needs the package's `__init__`.
    """
    owner, _, last = name.rpartition(".")
    names, files = ([owner] if owner else []), []
    if path := file_of(name):
        files.append(path)
        # A widget's script and style lie beside its Python.
        files += [p for p in path.parent.glob("*.*") if p.suffix in {".js", ".css"}]
        names += imported(path.read_text("utf-8"))
    elif owner and (stub := stub_of(owner)):
        names += [n for n in imported(stub) if n.rpartition(".")[2] == last]
    return tuple(names), tuple(files)


def stub_of(name):
    """The text of the stub of a package that lends its names lazily, else ""."""
    path = file_of(name)
    stub = path.with_suffix(".pyi") if path else None
    return stub.read_text("utf-8") if stub and stub.exists() else ""


def files_behind(names):
    """Every file of the package that is read when these names are imported."""
    left, known, files = list(names), set(), set()
    while left:
        if (name := left.pop()) not in known:
            known.add(name)
            more, read = needed(name)
            left += more
            files |= {*read}
    return sorted(files)
