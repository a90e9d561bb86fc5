"""The loops of the benchmark, as their headers describe them.

A loop is one script in `faulty/` or `clean/`. Its first lines are comments of the form
`# key: value`, which no tool under test may read:

    # fault: dead-penalty             planted fault; `a|b` where both names are right
    # also: never-moved               what follows from it, and is no false alarm
    # clean: DCGAN script             in the place of `fault`: the style
    # schedule: alternating, D first  what it is with the fault; `a|b` as above
    # thread: Lightning 591           the kind of public report it follows
    # framework: torch                or tensorflow
    # players: G=netG, D=[D_A, D_B]   role = expression in the script
    # needs: lightning                a package beyond the framework

The lines that a good answer may name end in `# <- fault`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from ganflow.loop_report.catalogue import CATALOGUE

HERE = Path(__file__).parent
MARK = "# <- fault"

# Each kind of finding and its level: error, warning or note.
LEVELS = {what: entry.level for what, entry in CATALOGUE.items()}
SCHEDULE = re.compile(
    r"(alternating, [DG] first|simultaneous|\d+ critic steps|\d+ generator steps"
    r"|only [DG] moves|unknown)(; (pool|own steps|third player))*"
)
KEYS = {
    "fault",
    "also",
    "clean",
    "schedule",
    "thread",
    "framework",
    "players",
    "needs",
}


@dataclass(frozen=True)
class Loop:
    """One script and what its header says.

    `ids` are the names of the planted fault (none for a clean loop), `also` what
    follows from it, `schedules` the right names of the schedule, `players` each
    role's expression, `lines` the numbers of all lines of the marked statements.
    """

    path: Path
    kind: str
    ids: tuple[str, ...]
    also: tuple[str, ...]
    schedules: tuple[str, ...]
    framework: str
    players: dict[str, str]
    needs: str | None
    lines: frozenset[int]
    about: str

    @property
    def name(self) -> str:
        return self.path.stem

    def __post_init__(self) -> None:
        unknown = sorted({*self.ids, *self.also} - LEVELS.keys())
        if unknown:
            raise ValueError(f"{self.path}: {unknown} are no kinds of finding")
        wrong = [s for s in self.schedules if not SCHEDULE.fullmatch(s)]
        if wrong or not self.schedules:
            raise ValueError(f"{self.path}: {wrong or 'nothing'} names no schedule")
        if self.framework not in ("torch", "tensorflow"):
            raise ValueError(f"{self.path}: framework {self.framework!r}")
        if not {"G", "D"} <= self.players.keys():
            raise ValueError(f"{self.path}: needs players G and D, got {self.players}")
        if (self.kind == "faulty") != bool(self.ids) or bool(self.ids) != bool(
            self.lines
        ):
            raise ValueError(f"{self.path}: a faulty loop has a fault and marked lines")


def header(source: str) -> dict[str, str]:
    """The leading comments `# key: value` of a script."""
    found = {}
    for line in source.splitlines():
        match = re.fullmatch(r"# (\w+): (.+)", line)
        if match is None:
            break
        found[match[1]] = match[2]
    if extra := found.keys() - KEYS:
        raise ValueError(f"unknown keys {sorted(extra)} in a header")
    return found


def marked_lines(source: str) -> frozenset[int]:
    """All lines of the statements that hold a mark; of a compound one, its head."""
    marks = [n for n, line in enumerate(source.splitlines(), 1) if line.endswith(MARK)]
    spans = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno
            decorators = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(d.lineno for d in decorators)])
            spans.append((first, last))
    found = set()
    for mark in marks:
        around = [span for span in spans if span[0] <= mark <= span[1]]
        first, last = min(around, key=lambda span: span[1] - span[0])
        found.update(range(first, last + 1))
    return frozenset(found)


def read(path: Path) -> Loop:
    """The loop of one script."""
    source = path.read_text()
    said = header(source)
    pairs = re.split(r", (?=\w+=)", said["players"])
    return Loop(
        path=path,
        kind=path.parent.name,
        ids=tuple(said["fault"].split("|")) if "fault" in said else (),
        also=tuple(said["also"].split(", ")) if "also" in said else (),
        schedules=tuple(said["schedule"].split("|")),
        framework=said["framework"],
        players=dict(pair.split("=", 1) for pair in pairs),
        needs=said.get("needs"),
        lines=marked_lines(source),
        about=said.get("clean") or said["thread"],
    )


def every_loop(framework: str | None = None) -> list[Loop]:
    """All loops, faulty before clean, or those of one framework."""
    paths = [*sorted(HERE.glob("faulty/*.py")), *sorted(HERE.glob("clean/*.py"))]
    loops = [read(path) for path in paths]
    return [loop for loop in loops if framework in (None, loop.framework)]
