"""Break the package one operator or constant at a time, and see whether a test fails.

    python tools/mutants.py [--sample 200] [--seed 0] [--jobs 2] [WORD ...]

A *mutant* is `ganflow` with one token changed: `<` becomes `<=`, `+` becomes `-`, `and`
becomes `or`, a number grows by 1, `True` becomes `False`. Each runs the tests of the
part of the package that it lies in, and those that import its module by name, until one
fails: then it is *killed*. One that no test kills is printed with its line: a test is
missing there, or the change is harmless. WORDs pick mutants by what their line of the
list holds, such as "losses/" or "rules.py:200".

It works in copies of the project, one for each job; nothing here is changed.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import pytest

ROOT = Path(__file__).parent.parent
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
LEFT_OUT = ("tf/", "widgets/")  # each run loads TensorFlow; tested in a browser
SLOW = "not browser and not alone and not cuda"
WARM = multiprocessing.get_context("forkserver")
LOADED = ["torch", "scipy.special", "matplotlib.pyplot"]  # no plugin of pytest
LONGEST = 300  # seconds, after which a mutant counts as killed: it hangs


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
        end = self.start + len(self.old.encode())
        return text[: self.start] + self.new.encode() + text[end:]


def mutants_of(path: Path, name: str) -> Iterator[Mutant]:
    """Every mutant of one file of Python, in the order of its tree.

    Annotations and texts are left as they are: no test could, or should, tell.
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
            waiting += [part for part in parts if isinstance(part, ast.AST)]


def all_mutants() -> list[Mutant]:
    """Those of every module that runs without TensorFlow and without a browser."""
    package = ROOT / "ganflow"
    return [
        mutant
        for path in sorted(package.rglob("*.py"))
        if not path.relative_to(package).as_posix().startswith(LEFT_OUT)
        for mutant in mutants_of(path, path.relative_to(ROOT).as_posix())
    ]


def room_of(path: str) -> str:
    """The part of the package that a module lies in: "losses", or "metrics"."""
    return Path(path).parts[1].removesuffix(".py")


def tests_for(path: str, root: Path) -> list[str]:
    """The test files of a module's part of the package, then others that name it."""
    room = room_of(path)
    module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    files = sorted((root / "tests").rglob("test_*.py"))
    own = [f for f in files if f.parent.name == room or f.stem == f"test_{room}"]
    own.sort(key=lambda file: Path(path).stem not in file.stem)  # the nearest first
    said = f"from {module} import"
    naming = [f for f in files if f not in own and said in f.read_text("utf-8")]
    return [str(file.relative_to(root)) for file in own + naming]


def is_killed(mutant: Mutant, copy: Path) -> bool:
    """Whether a test of the copy fails while the mutant is in it."""
    tests = tests_for(mutant.path, copy)
    if not tests:  # pytest would run them all
        return False
    file = copy / mutant.path
    text = file.read_bytes()
    file.write_bytes(mutant.applied(text))
    run = WARM.Process(target=run_tests, args=(copy, tests))
    try:
        run.start()
        run.join(LONGEST)
        if run.is_alive():
            run.kill()
            run.join()
            return True
    finally:
        file.write_bytes(text)
    if run.exitcode not in (0, 1, 2):  # failed, or could not even be collected
        raise RuntimeError(f"{mutant}: pytest ended with {run.exitcode}")
    return run.exitcode != 0


def run_tests(copy: Path, tests: list[str]) -> None:
    """Run tests of a copy, in a process that has loaded torch and not ganflow."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)  # of what the tests start
    with open(os.devnull, "w") as nobody:
        os.dup2(nobody.fileno(), 1)
        os.dup2(nobody.fileno(), 2)
    quiet = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", SLOW]
    sys.exit(pytest.main([*quiet, *tests]))


def copied(into: Path) -> Path:
    """A copy of all that git tracks, as it is now."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, into / name)
    return into


def main() -> None:
    """Print each survivor as it is found, then the share that was killed."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--sample", type=int, default=200, help="how many; 0 is all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args()
    chosen = [m for m in all_mutants() if all(w in str(m) for w in options.words)]
    if options.sample and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    WARM.set_forkserver_preload(LOADED)
    os.environ["OMP_NUM_THREADS"] = "1"
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copies = SimpleQueue()
        for job in range(options.jobs):
            copies.put(copied(Path(folder, str(job))))

        def killed(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                found = is_killed(mutant, copy)
            finally:
                copies.put(copy)
            if mutant.old and not found:
                print(f"survived: {mutant}", flush=True)
            return found

        with ThreadPoolExecutor(options.jobs) as pool:
            whole = {room_of(m.path): Mutant(m.path, 1, 0, "", "") for m in chosen}
            for room, failed in zip(
                whole, pool.map(killed, whole.values()), strict=True
            ):
                if failed:
                    sys.exit(f"the tests of {room} fail without any mutant")
            count = sum(pool.map(killed, chosen))
    minutes = (time.monotonic() - begun) / 60
    print(f"{count} of {len(chosen)} mutants killed, in {minutes:.1f} minutes")


if __name__ == "__main__":
    main()
