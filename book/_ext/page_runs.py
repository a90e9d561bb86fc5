"""What became of each page with code when its cells were run."""

import ast
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core.render import strip_ansi
from myst_nb.sphinx_ import NbMetadataCollector

CHECK = re.compile(r"(?:assert_\w+|raises)")
ERROR = re.compile(r"(\w+)\s+Traceback \(most recent call last\)$", re.M)


@dataclass(frozen=True)
class Run:
    """What became of one page; `data` is what MyST-NB tells, None for no run."""

    page: str
    title: str
    data: dict | None
    lines: int
    checks: int

    @property
    def ended(self):
        """Whether every cell ran."""
        return self.data is not None and self.data["succeeded"]

    @property
    def outcome(self):
        """The same in words, and what stopped it."""
        if self.data is None:
            return "not run"
        if self.ended:
            return "ran to its end"
        return f"stopped: {error_name(self.data)}"

    @property
    def seconds(self):
        """How long the run took, to a tenth; 0 without one."""
        return round(self.data["runtime"], 1) if self.data else 0.0

    @property
    def when(self):
        """When the run ended."""
        if self.data is None:
            return "–"
        return f"{datetime.fromtimestamp(self.data['mtime'], UTC):%Y-%m-%d %H:%M}"


def error_name(data):
    """The class of the error that stopped a run, as IPython heads its traceback."""
    plain = strip_ansi(data["traceback"])
    return [data["error"], *ERROR.findall(plain)][-1]


def count_checks(notebook):
    """How many checks the cells hold: assertions, and errors that must come."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    plain = map(TransformerManager().transform_cell, cells)
    return sum(is_check(node) for cell in plain for node in ast.walk(ast.parse(cell)))


def is_check(node):
    """Whether this part of a program is `assert …`, `assert_close(…)`, `raises(…)`."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        return bool(CHECK.fullmatch(called))
    return isinstance(node, ast.Assert)


def runs(env):
    """The pages with code, in the order of the book."""
    for page in env.collect_relations():
        path = Path(env.doc2path(page))
        if path.suffix == ".ipynb":
            text = path.parent.parent / "book" / f"{path.stem}.md"
            yield Run(
                page,
                title=env.titles[page].astext(),
                data=NbMetadataCollector.get_exec_data(env, page),
                lines=len(text.read_text("utf-8").splitlines()),
                checks=count_checks(nbformat.read(path, as_version=4)),
            )
