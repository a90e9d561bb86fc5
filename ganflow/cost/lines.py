"""Say of each line of a step how many bytes are kept for backward after it."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, Protocol


@dataclass(frozen=True)
class LineBytes:
    """What is kept for backward while one line runs, and after it.

    Parameters
    ----------
    code : str
        The line, indented as in the step; of a block, its head.
    most : int
        Bytes at the fullest moment of the line.
    left : int
        Bytes when it has ended; of the last line, before the step's names go.
    """

    code: str
    most: int
    left: int


class Kept(AbstractContextManager, Protocol):
    """What counts bytes: `SavedBytes` for PyTorch, `TapeBytes` for TensorFlow."""

    @property
    def now(self) -> int:
        """The bytes that are kept at this moment."""
        ...

    def crest(self) -> int:
        """The most bytes since this was last asked."""
        ...


def bytes_by_line(step: Callable[[], object], kept: Kept) -> list[LineBytes]:
    """Run a step once, and note after each of its lines what is kept for backward.

    Parameters
    ----------
    step : callable
        A function written in Python, without arguments. Its own lines are noted, not
        those of the functions that it calls.
    kept : SavedBytes or TapeBytes
        Counts the bytes; entered here, and left again.

    Returns
    -------
    list of LineBytes
        In the order in which the lines first ran. A line that runs again has one entry,
        with what was left the last time.

    Raises
    ------
    TypeError
        A step without Python source.

    Gradient: unchanged; the step runs as it is written.
    """
    try:
        code = step.__code__  # type: ignore[attr-defined]
        heads = _heads(step)
    except (AttributeError, OSError, TypeError) as error:
        raise TypeError(
            f"{step!r} has no Python source to follow: pass a function"
        ) from error
    lines = _Lines(code, heads, kept)
    before = sys.gettrace()
    with kept:
        kept.crest()
        sys.settrace(lines.called)
        try:
            step()
        finally:
            sys.settrace(before)
    return [LineBytes(heads[at][0], *found) for at, found in lines.found.items()]


def _heads(step: Callable) -> dict[int, tuple[str, int, bool]]:
    """For each line: its statement's head, the first line of it, whether a `with`."""
    lines, first = inspect.getsourcelines(step)
    source, heads = textwrap.dedent("".join(lines)), {}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        written = ast.get_source_segment(source, node) or ""
        words = ast.unparse(node).splitlines()[0] if body else written
        indent = " " * (node.col_offset - 4)  # in the step, not in its `def`
        for row in range(node.lineno, last + 1):
            at = first + node.lineno - 1
            block = isinstance(node, ast.With)
            heads[first + row - 1] = (indent + " ".join(words.split()), at, block)
    return heads


class _Lines:
    """Follows the lines of one function as they run."""

    def __init__(self, code: CodeType, heads: dict[int, tuple], kept: Kept):
        self.found: dict[int, tuple[int, int]] = {}
        self._code, self._heads, self._kept = code, heads, kept
        self._at: int | None = None

    def called(self, frame: FrameType, event: str, _: Any) -> Callable | None:
        """Follow the step's own frame, and no other."""
        return self._ran if frame.f_code is self._code else None

    def _ran(self, frame: FrameType, event: str, _: Any) -> Callable:
        if event == "return":
            self._end()
        elif event == "line" and frame.f_lineno in self._heads:  # `except` is no line
            self._end()
            self._at = self._heads[frame.f_lineno][1]
        return self._ran

    def _end(self) -> None:
        """Note what the line that ends here has left."""
        if self._at is None:
            return
        most, left = self._kept.crest(), self._kept.now
        again = self.found.get(self._at)
        if again and self._heads[self._at][2]:
            return  # a `with` is left at its head
        self.found[self._at] = (max(most, again[0] if again else 0), left)
