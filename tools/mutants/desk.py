"""A copy of the project, in which one mutant after the other is put and judged."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

from chosen_tests import HASTY, Session, run_tests
from lines_run import KEPT, find
from mutations import ROOT, Mutant
from nursery import Nursery

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
