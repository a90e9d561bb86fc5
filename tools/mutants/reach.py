"""Which lines must run for a change to be noticed: its statement's, or its readers'."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mutations import Mutant

Said = tuple[ast.AST, bool, ast.AST]
Place = tuple[str, int]  # a file and one of its lines
DEF = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """One file of Python, asked about its lines.

    Parameters
    ----------
    path : str
        From the project's root.
    text : bytes
        What it holds.
    """

    path: str
    text: bytes

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def walk(self, node, called=False, statement=None) -> Iterator[Said]:
        """Each node below one, whether it runs in a function, and its statement."""
        for child in ast.iter_child_nodes(node):
            inner = called or (isinstance(node, DEF) and in_body(node, child))
            around = child if isinstance(child, ast.stmt) else statement
            yield child, inner, around
            yield from self.walk(child, inner, around)

    def above(self, line: int, column: int) -> list[ast.AST]:
        """The nodes around a place, in bytes, from the outermost to the innermost."""
        found: list[ast.AST] = []
        node: ast.AST | None = self.tree
        while node:
            found.append(node)
            node = next((n for n in located(node) if holds(n, line, column)), None)
        return found[1:]

    def around(self, mutant: Mutant) -> list[ast.AST]:
        """The nodes around what a mutant changes."""
        begin = self.text.rfind(b"\n", 0, mutant.start) + 1
        return self.above(mutant.line, mutant.start - begin)


def located(node: ast.AST) -> list[ast.AST]:
    """The nearest nodes below one that have a place."""
    found = []
    for child in ast.iter_child_nodes(node):
        found += [child] if hasattr(child, "lineno") else located(child)
    return found


def holds(node: ast.AST, line: int, column: int) -> bool:
    """Whether a place lies in a node."""
    begin = (node.lineno, node.col_offset)
    return begin <= (line, column) < (node.end_lineno, node.end_col_offset)


def in_body(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether a node runs when a function is called, not when it is defined."""
    body = outer.body if isinstance(outer.body, list) else [outer.body]
    return any(inner is part for part in body)


def head(statement: ast.AST) -> range:
    """The lines of a statement without those of the statements in it."""
    inner = [n.lineno for n in located(statement) if isinstance(n, ast.stmt)]
    last = max(min(inner) - 1, statement.lineno) if inner else statement.end_lineno
    return range(statement.lineno, last + 1)


def inside(node: ast.AST) -> set[int]:
    """The lines of a node's functions that run when they are called."""
    functions = [n for n in ast.walk(node) if isinstance(n, DEF)]
    bodies = [f.body if isinstance(f.body, list) else [f.body] for f in functions]
    return {
        line
        for body in bodies
        for part in body
        for line in range(part.lineno, part.end_lineno + 1)
    }


class Reach:
    """What runs each mutant, read from the text of the package and its tests.

    Parameters
    ----------
    root : Path
        The project.
    """

    def __init__(self, root: Path):
        self.sources = {
            path.relative_to(root).as_posix(): Source(
                path.relative_to(root).as_posix(), path.read_bytes()
            )
            for folder in ("ganflow", "tests")
            for path in sorted((root / folder).rglob("*.py"))
        }

    @cached_property
    def saying(self) -> dict[str, list[tuple[Place, bool, ast.AST]]]:
        """Where each name is said, if that runs in a function, and its statement."""
        found = defaultdict(list)
        for path, source in self.sources.items():
            for node, called, statement in source.walk(source.tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    found[node.id].append(((path, node.lineno), called, statement))
                elif isinstance(node, ast.Attribute):
                    place = path, node.end_lineno or node.lineno
                    found[node.attr].append((place, called, statement))
        return found

    def scope(self, mutant: Mutant) -> str:
        """The class and function that a mutant lies in: "Adam.step", or ""."""
        around = self.sources[mutant.path].around(mutant)
        return ".".join(node.name for node in around if isinstance(node, NAMED))

    def lines(self, mutant: Mutant) -> tuple[set[Place], set[Place]]:
        """The lines of which one must run, and others that may matter as well.

        What runs as its module is loaded is noticed where its name is read, or by a
        test that loads the module itself.
        """
        source = self.sources[mutant.path]
        around = source.around(mutant)
        whole = {(mutant.path, line) for line in inside(source.tree)}
        statement = [node for node in around if isinstance(node, ast.stmt)][-1]
        own = {(mutant.path, line) for line in head(statement)}
        if run_when_called(around):
            return own, set()
        function = next((node for node in around if isinstance(node, DEF)), None)
        if function:  # a default
            return own | {(mutant.path, line) for line in inside(function)}, whole
        return own | self.readers(statement), whole

    def readers(self, first: ast.AST) -> set[Place]:
        """The lines of functions that read what a statement sets, if by other names."""
        found: set[Place] = set()
        waiting, known = [first], {first}
        while waiting:
            for name in names_set_by(waiting.pop()):
                for place, called, statement in self.saying.get(name, []):
                    if called:
                        found.add(place)
                    elif statement not in known:
                        known.add(statement)
                        waiting.append(statement)
        return found


def run_when_called(around: list[ast.AST]) -> bool:
    """Whether the innermost of these nodes runs in a function."""
    pairs = zip(around, around[1:], strict=False)
    return any(isinstance(a, DEF) and in_body(a, b) for a, b in pairs)


def names_set_by(statement: ast.AST) -> set[str]:
    """The names that an assignment or a definition binds."""
    if isinstance(statement, NAMED):
        return {statement.name}
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    return {
        node.id
        for target in targets
        if target
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    }
