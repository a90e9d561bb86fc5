"""Which tests judge a mutant, in which order, and how they run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lines_run import QUIET, enter, kept, test_files
from mutations import Mutant
from reach import Place, Reach


@dataclass(frozen=True)
class Session:
    """Tests of some files, in the order in which they run.

    Parameters
    ----------
    times : dict of str -> float
        How many seconds each took without a mutant, by its id.
    """

    times: dict[str, float]

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(self.times)

    @property
    def seconds(self) -> float:
        return sum(self.times.values())

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(file_of(test) for test in self.times))

    def only(self, test: str) -> Session:
        """That test alone, or none if it is none of them."""
        return Session({test: self.times[test]} if test in self.times else {})

    def without(self, test: str) -> Session:
        """All but that test."""
        return Session({t: time for t, time in self.times.items() if t != test})


class Found:
    """What the tests of the project ran, and how to run them.

    Parameters
    ----------
    root : Path
        The project, with what was found kept in it.
    """

    def __init__(self, root: Path):
        self.root, self.reach = root, Reach(root)
        answers = {file: kept(file, root) for file in test_files(root)}
        self.tests = {f: as_sets(a["tests"]) for f, a in answers.items() if a}
        self.failed = sorted(n for a in answers.values() if a for n in a["failed"])

    def sessions(self, mutant: Mutant) -> Iterator[Session]:
        """The tests that may notice a mutant, the likeliest first.

        After those that run the line come the others of the same files: a cache or a
        shared fixture may have run it for them.
        """
        first, others = self.reach.lines(mutant)
        if others:  # it runs as the module is loaded
            yield from self.grouped(self.reading(mutant.path))
        hits = {file: self.running(file, first) for file in self.tests}
        hits = {file: tests for file, tests in hits.items() if tests}
        near = sorted(hits, key=lambda file: self.distance(file, mutant.path))
        yield from self.grouped([hits[file] for file in near])
        rest = {f: self.running(f, others) for f in self.tests} if others else {}
        for file in near:
            rest[file] = sorted(self.tests[file], key=self.seconds)
        run = {test for tests in hits.values() for test in tests}
        left = [[t for t in rest[file] if t not in run] for file in {**hits, **rest}]
        yield from self.grouped([tests for tests in left if tests])

    def running(self, file: str, lines: set[Place]) -> list[str]:
        """The tests of a file that run one of some lines, the fastest first."""
        tests = [
            name
            for name, test in self.tests[file].items()
            if any(line in test["lines"].get(path, ()) for path, line in lines)
        ]
        return sorted(tests, key=self.seconds)

    def reading(self, path: str) -> list[list[str]]:
        """The tests that read a module as a text, by the file."""
        found = [
            [name for name, test in tests.items() if path in test.get("reads", ())]
            for tests in self.tests.values()
        ]
        return [tests for tests in found if tests]

    def seconds(self, test: str) -> float:
        """What a test took without a mutant."""
        return self.tests[file_of(test)][test]["seconds"]

    def distance(self, file: str, path: str) -> tuple[bool, bool, float]:
        """How late a test file comes for a module: by its room, its name, its time."""
        room = Path(path).parts[1].removesuffix(".py")
        own = Path(file).parent.name == room or Path(file).stem == f"test_{room}"
        named = Path(path).stem in Path(file).stem
        return not own, not named, sum(map(self.seconds, self.tests[file]))

    def grouped(self, files: list[list[str]]) -> Iterator[Session]:
        """One session for the first file, the next for twice as many, and so on."""
        size = 1
        while files:
            tests = [test for file in files[:size] for test in file]
            yield Session({test: self.seconds(test) for test in tests})
            files, size = files[size:], 2 * size


def as_sets(tests: dict[str, dict]) -> dict[str, dict]:
    """The tests of a file, their lines in sets."""
    for test in tests.values():
        test["lines"] = {path: set(lines) for path, lines in test["lines"].items()}
    return tests


def file_of(test: str) -> str:
    """The file of a test, by its id."""
    return test.partition("::")[0]


class Chosen:
    """A plugin that keeps some tests, in a given order, and notes the one that failed.

    Should one of them be missing, as its id holds what the mutant changed, all run.
    """

    def __init__(self, tests: tuple[str, ...], note: Path):
        self.order = {test: i for i, test in enumerate(tests)}
        self.note = note

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        chosen = [item for item in items if item.nodeid in self.order]
        if len(chosen) == len(self.order):
            items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.note.write_text(report.nodeid)


def run_tests(copy: Path, session: Session, note: Path) -> int:
    """What pytest ends with, in a copy that a mutant may be in."""
    enter(copy)
    plugin = Chosen(session.tests, note)
    return int(pytest.main([*QUIET, "-x", *session.files], plugins=[plugin]))
