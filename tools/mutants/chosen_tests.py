"""Which tests judge a mutant, in which order, and how they run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from lines_run import QUIET, enter, kept, test_files
from mutations import Mutant
from reach import Place, Reach

HASTY = 1.0  # seconds; a test that takes longer runs late, and may fail by chance


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

        Where it runs as the module is loaded, those that read its file as a text are
        first, as they compare a default with its docstring: they are few and quick.
        After those that run the line come the others of the same files and the same
        part of the package: a cache may have run the line for them.
        """
        first, others = self.reach.lines(mutant)
        by_distance = sorted(self.tests, key=lambda f: self.distance(f, mutant.path))
        read = {f: self.reading(f, mutant.path) if others else [] for f in by_distance}
        hits = {file: self.running(file, first) for file in by_distance}
        yield from self.grouped(read)
        yield from self.grouped({file: {*hits[file]} - {*read[file]} for file in hits})
        hits = {file: [*hits[file], *read[file]] for file in hits}
        own = [f for f in by_distance if hits[f] and self.is_near(f, mutant.path)]
        rest = {file: set(self.running(file, others)) for file in by_distance}
        rest |= {file: set(self.tests[file]) for file in own}
        yield from self.grouped({file: rest[file] - {*hits[file]} for file in rest})

    def running(self, file: str, lines: set[Place]) -> list[str]:
        """The tests of a file that run one of some lines."""
        return [
            name
            for name, test in self.tests[file].items()
            if any(line in test["lines"].get(path, ()) for path, line in lines)
        ]

    def reading(self, file: str, path: str) -> list[str]:
        """The tests of a file that read a module as a text."""
        return [name for name, t in self.tests[file].items() if path in t["reads"]]

    def seconds(self, test: str) -> float:
        """What a test took without a mutant."""
        return self.tests[file_of(test)][test]["seconds"]

    def is_near(self, file: str, path: str) -> bool:
        """Whether a test file is about a module's part of the package."""
        room = Path(path).parts[1].removesuffix(".py")
        return Path(file).parent.name == room or Path(file).stem == f"test_{room}"

    def distance(self, file: str, path: str) -> tuple[bool, bool, float]:
        """How late a test file comes for a module: by its room, its name, its time."""
        named = Path(path).stem in Path(file).stem
        time = sum(map(self.seconds, self.tests[file]))
        return not self.is_near(file, path), not named, time

    def grouped(self, tests: Mapping[str, Iterable[str]]) -> Iterator[Session]:
        """The quick tests of one file, of the next two, of the next four, and so on.

        Then those that take longer, file by file.
        """
        every = {test: self.seconds(test) for found in tests.values() for test in found}
        slow = {test for test, time in every.items() if time >= HASTY}
        quick = [{*found} - slow for found in tests.values() if {*found} - slow]
        parts, size = [], 1
        while quick:
            parts.append(set().union(*quick[:size]))
            quick, size = quick[size:], 2 * size
        parts += [slow & {*found} for found in tests.values() if slow & {*found}]
        for part in parts:
            inside = [t for t in every if t in part]  # in the order of the files
            inside.sort(
                key=lambda test: (list(tests).index(file_of(test)), every[test])
            )
            yield Session({test: every[test] for test in inside})


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
