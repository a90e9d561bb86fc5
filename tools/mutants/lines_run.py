"""Which lines of the package each test runs: found once, and kept in _build/mutants.

Each test file runs in a process of its own under coverage.py, which takes what the
processes that a test starts run, too. A file is run again when it or another file that
its tests ran has changed since.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import coverage
import pytest

KEPT = Path("_build", "mutants")
QUIET = ["-q", "-p", "pytest_timeout", "-p", "no:cacheprovider"]
QUIET += ["-o", "addopts=--import-mode=importlib"]
QUIET += ["-m", "not browser and not alone and not cuda"]
CONFIG = """[run]
source =
    {copy}/ganflow
    {copy}/tests
parallel = true
data_file = {place}/of
context = ${{GANFLOW_TEST-}}
disable_warnings = no-data-collected
"""


def digest(path: Path) -> str:
    """A short name of what a file of Python does on which line; "" if there is none.

    Comments and docstrings may change as long as no line moves.
    """
    if not path.is_file():
        return ""
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [part for part in body if not is_text(part)]
    said = ast.dump(tree, include_attributes=True)
    return hashlib.sha1(said.encode()).hexdigest()[:12]


def is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring."""
    text = node.value if isinstance(node, ast.Expr) else None
    return isinstance(text, ast.Constant) and isinstance(text.value, str)


def test_files(root: Path) -> list[str]:
    """The files of tests that concern the package, not its pages, site or tools."""
    files = (path.relative_to(root) for path in (root / "tests").rglob("test_*.py"))
    other = ("site", "book", "tools")
    return sorted(file.as_posix() for file in files if file.parts[1] not in other)


def kept(file: str, root: Path) -> dict[str, Any] | None:
    """What an earlier run found of a test file, if nothing that it ran has changed."""
    place = root / KEPT / f"{file}.json"
    if not place.is_file():
        return None
    found = json.loads(place.read_text("utf-8"))
    same = all(digest(root / path) == was for path, was in found["seen"].items())
    return found if same else None


def enter(copy: Path) -> None:
    """Make this process, and those that it starts, one that tests a copy."""
    os.chdir(copy)
    sys.path.insert(0, str(copy))
    os.environ["PYTHONPATH"] = str(copy)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False  # the next run in this copy starts sooner
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # slow to load, and not needed


def find(copy: Path, file: str, into: Path) -> None:
    """Run a test file of a copy, and write what each of its tests ran."""
    place = Path(tempfile.mkdtemp())
    config = place / "config"
    config.write_text(CONFIG.format(copy=copy, place=place))
    enter(copy)
    os.environ["COVERAGE_PROCESS_START"] = str(config)
    watch = coverage.Coverage(config_file=str(config), data_suffix=True)
    watch.start()
    tests = Tests(watch, copy / "ganflow")
    sys.addaudithook(tests.opened)
    pytest.main([*QUIET, file], plugins=[tests])
    watch.stop()
    watch.save()
    watch.combine(data_paths=[str(place)])
    lines = lines_of(watch.get_data(), copy)
    shutil.rmtree(place)
    seen = {path for found in lines.values() for path in found} | {file}
    answer = {
        "seen": {path: digest(copy / path) for path in sorted(seen)},
        "loaded": lines.pop("", {}),
        "failed": sorted(tests.failed),
        "tests": {
            name: {
                "seconds": round(tests.seconds[name], 3),
                "lines": ran,
                "reads": sorted(tests.reads[name]),
            }
            for name in tests.passed
            for ran in [joined([lines.get(part, {}) for part in tests.parts[name]])]
        },
    }
    into.parent.mkdir(parents=True, exist_ok=True)
    new = into.with_suffix(".new")
    new.write_text(json.dumps(answer), "utf-8")
    new.replace(into)


def lines_of(data: coverage.CoverageData, copy: Path) -> dict[str, Any]:
    """The lines that ran, by the context and then by the file."""
    found: dict[str, Any] = defaultdict(lambda: defaultdict(list))
    for name in data.measured_files():
        path = Path(name).relative_to(copy).as_posix()
        for line, contexts in data.contexts_by_lineno(name).items():
            for context in contexts:
                found[context][path].append(line)
    return found


def joined(parts: list[dict[str, list[int]]]) -> dict[str, list[int]]:
    """The lines of all parts, by the file."""
    paths = sorted({path for part in parts for path in part})
    return {p: sorted({i for part in parts for i in part.get(p, [])}) for p in paths}


class Tests:
    """A plugin that tells coverage.py which test runs, and notes how it ends.

    A fixture that several tests share is a part of each of them.
    """

    def __init__(self, watch: coverage.Coverage, package: Path):
        self.watch, self.package = watch, str(package)
        self.running = ""
        self.reads: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}
        self.parts: dict[str, list[str]] = {}
        self.passed: list[str] = []
        self.failed: set[str] = set()

    def opened(self, event: str, given: tuple[Any, ...]) -> None:
        """Note that the running test reads a module of the package as a text."""
        if event == "open" and given[1] == "r" and str(given[0]).endswith(".py"):
            path = os.path.realpath(os.fspath(given[0]))
            if path.startswith(self.package):
                name = os.path.relpath(path, os.path.dirname(self.package))
                self.reads[self.running].add(name)

    def switch(self, context: str) -> None:
        self.watch.switch_context(context)
        os.environ["GANFLOW_TEST"] = context

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        name = item.nodeid
        self.parts[name] = [name, *(f"fixture {one}" for one in item.fixturenames)]
        self.switch(name)
        self.running = name
        begun = time.monotonic()
        result = yield
        self.seconds[name] = time.monotonic() - begun
        self.switch("")
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        if fixturedef.scope == "function":
            return (yield)
        before = os.environ["GANFLOW_TEST"]
        self.switch(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self.switch(before)

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self.passed.append(report.nodeid)

    def pytest_sessionfinish(self):
        self.passed = [name for name in self.passed if name not in self.failed]
