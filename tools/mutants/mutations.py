"""What a mutant is: the package with one operator or constant changed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


@dataclass(frozen=True)
class Mutant:
    """One change of one file.

    Parameters
    ----------
    path : str
        Of the file, from the project's root.
    line : int
        From 1.
    start : int
        The first byte that is replaced.
    old : str
        What stands there.
    new : str
        What the mutant has instead.
    """

    path: str
    line: int
    start: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.old} -> {self.new}"

    def applied(self, text: bytes) -> bytes:
        """The file's bytes with the change."""
        return text[: self.start] + self.new.encode() + text[self.end :]

    @property
    def end(self) -> int:
        """The first byte after those that are replaced."""
        return self.start + len(self.old.encode())

    def marked(self, text: bytes) -> str:
        """The changed line with «» around what is replaced, wherever it stands."""
        begin = text.rfind(b"\n", 0, self.start) + 1
        stop = text.find(b"\n", self.end)
        before, old, after = (
            part.decode()
            for part in (
                text[begin : self.start],
                text[self.start : self.end],
                text[self.end : stop if stop >= 0 else len(text)],
            )
        )
        return f"{before.lstrip()}«{old}»{after.rstrip()}"


def mutants_of(path: Path, name: str) -> Iterator[Mutant]:
    """Every mutant of one file of Python, in the order of its tree.

    Annotations and texts are left as they are: no test could, or should, tell. So is
    the strict=True of a zip: it asserts what the code around it makes so, and an assert
    that is left out changes nothing that runs right. strict=False does become True.
    """
    text = path.read_bytes()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(node: ast.expr, end: bool = False) -> int:
        line, column = node.lineno, node.col_offset
        if end:
            line, column = node.end_lineno or line, node.end_col_offset or column
        return starts[line - 1] + column

    def between(left: ast.expr, right: ast.expr, operator: ast.AST) -> Iterator[Mutant]:
        old, new = OPERATORS.get(type(operator), ("", ""))
        gap = text[at(left, end=True) : at(right)]
        place = gap.find(old.encode())
        if old and place >= 0 and b"#" not in gap:
            start = at(left, end=True) + place
            yield Mutant(name, text[:start].count(b"\n") + 1, start, old, new)

    for node in run_at_some_time(ast.parse(text)):
        if isinstance(node, ast.BinOp):
            yield from between(node.left, node.right, node.op)
        elif isinstance(node, ast.BoolOp):
            yield from between(node.values[0], node.values[1], node.op)
        elif isinstance(node, ast.Compare):
            yield from between(node.left, node.comparators[0], node.ops[0])
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            sign = "not " if isinstance(node.op, ast.Not) else "-"
            yield Mutant(name, node.lineno, at(node), sign, "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            old = text[at(node) : at(node, end=True)].decode()
            new = (
                str(not node.value) if isinstance(node.value, bool) else f"({old} + 1)"
            )
            yield Mutant(name, node.lineno, at(node), old, new)


def run_at_some_time(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree but its annotations, types and f-strings' formats."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "format_spec", "decorator_list"):
                continue
            parts = value if isinstance(value, list) else [value]
            waiting += [p for p in parts if isinstance(p, ast.AST) and not is_strict(p)]


def is_strict(node: ast.AST) -> bool:
    """Whether a node is the strict=True of a zip; no other function here takes one."""
    if not isinstance(node, ast.keyword) or node.arg != "strict":
        return False
    return isinstance(node.value, ast.Constant) and node.value.value is True


def all_mutants(root: Path = ROOT) -> list[Mutant]:
    """Those of every module of the package."""
    return [
        mutant
        for path in sorted((root / "ganflow").rglob("*.py"))
        for mutant in mutants_of(path, path.relative_to(root).as_posix())
    ]
