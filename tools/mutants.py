"""Break the package one operator or constant at a time, and see whether a test fails.

    python tools/mutants.py [--sample 200] [--seed 0] [--jobs 2] [WORD ...]

A *mutant* is `ganflow` with one token changed: `<` becomes `<=`, `+` becomes `-`, `and`
becomes `or`, a number grows by 1, `True` becomes `False`. Each runs the tests that run
the changed line, the nearest files first and the fastest tests of each, until one
fails: then it is *killed*. What no test kills is printed with the name that it has in
`harmless_mutants.txt`: a test is missing, or that file says why nobody could tell.
WORDs pick mutants by what their line of the list holds: "losses/" or "rules.py:200".

Which test runs which line is found once, and kept in _build/mutants with each verdict;
what has changed since is found again. Tests of the book, its site and its tools, those
that time something and those that need a browser or a GPU kill nothing here.
It works in copies of the project, one for each job; nothing here is changed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue

from chosen_tests import HASTY, Found, Session, run_tests
from lines_run import KEPT, find, kept, test_files
from mutations import ROOT, Mutant, all_mutants
from nursery import Nursery
from verdicts import Verdicts, harmless

LOADED = ("torch._dynamo", "torch.fx.experimental.proxy_tensor", "scipy.special")
LOADED += ("matplotlib.pyplot", "xarray", "networkx", "anywidget", "IPython")
LOADED += (
    "sklearn.datasets",
    "nbformat",
    "pdb",
    "hypothesis",
    "nbval.plugin",
    "jupytext",
    "jupyter_client",
    "playwright.sync_api",
)
WITH_TF = (*LOADED, "tensorflow", "keras")
PATIENCE = 60  # seconds, after which a mutant of fast tests counts as killed: it hangs
LONGEST = 900  # seconds for a test file without a mutant


class Desk:
    """A copy of the project where one mutant after the other is judged.

    Parameters
    ----------
    copy : Path
        The copy.
    """

    def __init__(self, copy: Path):
        self.copy = copied(copy)
        self.nurseries: dict[tuple[str, ...], Nursery] = {}

    def nursery(self, files: list[str]) -> Nursery:
        """The process that has loaded what some test files need."""
        tf = any(file.startswith("tests/tf/") for file in files)
        modules = WITH_TF if tf else LOADED
        if modules not in self.nurseries:
            self.nurseries[modules] = Nursery(modules)
        return self.nurseries[modules]

    def find(self, file: str) -> str:
        """Note what each test of a file runs."""
        into = ROOT / KEPT / f"{file}.json"
        code = self.nursery([file]).run(find, self.copy, file, into, longest=LONGEST)
        return file if code == 0 else f"{file} ended with {code}"

    def killer(self, mutant: Mutant, sessions: Iterator[Session]) -> str:
        """The test that kills a mutant, or its file; "" if none does."""
        file = self.copy / mutant.path
        cache = Path(cache_from_source(str(file)))
        text = file.read_bytes()
        cache.unlink(missing_ok=True)
        file.write_bytes(mutant.applied(text))
        try:
            for session in sessions:
                while test := self.failing(session):
                    again = session.only(test)
                    if again.seconds < HASTY or self.failing(again):
                        return test
                    session = session.without(test)  # it failed by chance
            return ""
        finally:
            file.write_bytes(text)
            cache.unlink(missing_ok=True)  # the mutant may be as long and as old

    def failing(self, session: Session) -> str:
        """The first test that fails, or its file if that cannot be read; or ""."""
        note = self.copy / KEPT / "failing"
        note.parent.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        if not session.tests:
            return ""
        nursery, longest = self.nursery(session.files), PATIENCE + 5 * session.seconds
        code = nursery.run(run_tests, self.copy, session, note, longest=longest)
        if code == 5:
            raise RuntimeError(f"no test of {session.files} ran")
        if code == 0:
            return ""
        return note.read_text() if note.exists() else session.files[0]

    def close(self) -> None:
        """End its processes."""
        for nursery in self.nurseries.values():
            nursery.close()


def tracked() -> list[str]:
    """The files that git knows, and those that it does not ignore."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.check_output(listing, cwd=ROOT, text=True)
    return [name for name in listed.split("\0") if (ROOT / name).is_file()]


def copied(into: Path) -> Path:
    """A copy of the project as it is now."""
    for name in tracked():
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
    os.environ |= {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        desks = [Desk(Path(folder, str(job))) for job in range(options.jobs)]
        try:
            counts = judged(chosen, desks)
        finally:
            for desk in desks:
                desk.close()
    minutes = (time.monotonic() - begun) / 60
    print(
        f"{counts['killed']} of {len(chosen)} mutants killed, {counts['survived']} "
        f"survived, {counts['harmless']} are harmless; {minutes:.1f} minutes"
    )


def judged(chosen: list[Mutant], desks: list[Desk]) -> Counter[str]:
    """How many were killed, survived or are harmless, each printed as it is found."""
    free: SimpleQueue[Desk] = SimpleQueue()
    for desk in desks:
        free.put(desk)

    def at_a_desk(work, *given):
        desk = free.get()
        try:
            return work(desk, *given)
        finally:
            free.put(desk)

    with ThreadPoolExecutor(len(desks)) as pool:
        old = [file for file in test_files(ROOT) if not kept(file, ROOT)]
        for i, note in enumerate(pool.map(lambda f: at_a_desk(Desk.find, f), old), 1):
            print(f"lines of {note} ({i} of {len(old)})", flush=True)
        found = Found(ROOT)
        for test in found.failed:
            print(f"kills nothing, as it fails without a mutant: {test}")
        verdicts, reasons = Verdicts(found.reach), harmless()

        def verdict(mutant: Mutant) -> str:
            name = verdicts.name(mutant)
            killer = verdicts.killer(mutant) or at_a_desk(
                Desk.killer, mutant, found.sessions(mutant)
            )
            verdicts.keep(mutant, killer)
            if killer:
                if name in reasons:
                    print(f"not harmless, {killer} kills it: {name}", flush=True)
                return "killed"
            kind = "harmless" if name in reasons else "survived"
            print(f"{kind}: {mutant.path}:{mutant.line}\n  {name}", flush=True)
            return kind

        counts: Counter[str] = Counter()
        for i, kind in enumerate(pool.map(verdict, chosen), 1):
            counts[kind] += 1
            if i % 20 == 0:
                print(f"{i} of {len(chosen)}: {dict(counts)}", flush=True)
    return counts


if __name__ == "__main__":
    main()
