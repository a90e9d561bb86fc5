"""What is known of mutants: the test that killed each, and why some are harmless."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from chosen_tests import file_of
from lines_run import KEPT
from mutations import ROOT, Mutant
from reach import Reach

HARMLESS = Path(__file__).with_name("harmless.txt")
ENOUGH = 0.9  # of the mutants that are not harmless, how many must be killed


def content(path: Path) -> str:
    """A short name of what a file holds."""
    return hashlib.sha1(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


class Verdicts:
    """Which test killed which mutant, kept as long as neither changes.

    Parameters
    ----------
    reach : Reach
        Of the project.
    """

    def __init__(self, reach: Reach):
        self.reach, self.place = reach, ROOT / KEPT / "verdicts.jsonl"
        told = self.place.read_text("utf-8") if self.place.exists() else ""
        self.known = {
            key: (t, was) for key, t, was in map(json.loads, told.splitlines())
        }

    def name(self, mutant: Mutant) -> str:
        """A mutant as harmless.txt names it, wherever its line stands."""
        place = f"{mutant.path} {self.reach.scope(mutant)}".rstrip()
        line = mutant.marked(self.reach.sources[mutant.path].text)
        return f"{place}: {line} -> {mutant.new}".rstrip()

    def key(self, mutant: Mutant) -> str:
        return f"{content(ROOT / mutant.path)} {mutant.start} {mutant.new}"

    def killer(self, mutant: Mutant) -> str:
        """The test that has killed a mutant before, or ""."""
        test, was = self.known.get(self.key(mutant), ("", ""))
        return test if test and content(ROOT / file_of(test)) == was else ""

    def keep(self, mutant: Mutant, killer: str) -> None:
        """Note what killed a mutant, at once: the run may be stopped."""
        if killer:
            told = [self.key(mutant), killer, content(ROOT / file_of(killer))]
            with self.place.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")


def harmless(path: Path = HARMLESS) -> dict[str, str]:
    """Why nobody could tell, by the mutant's name: names, and below them the reason."""
    found: dict[str, str] = {}
    names: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("    ") and names:
            found |= dict.fromkeys(names, line.strip())
            names = []
        elif line.strip() and not line.startswith((" ", "#")):
            names.append(line)
        elif line.strip() and not line.startswith("#"):
            raise ValueError(f"{path.name}: {line!r} is the reason of no mutant")
    if names:
        raise ValueError(f"{path.name}: {names[-1]!r} has no reason below it")
    return found


def summary(counts: Mapping[str, int]) -> tuple[str, bool]:
    """What became of the mutants, and whether the tests notice enough of them."""
    killed, survived = counts.get("killed", 0), counts.get("survived", 0)
    judged = killed + survived
    share = killed / judged if judged else 1.0
    words = f"{killed} of {judged} mutants killed ({share:.1%}), {survived} survived"
    words += f"; {counts.get('harmless', 0)} more are harmless"
    return words, share >= ENOUGH
