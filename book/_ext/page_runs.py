"""Run the cells of each page once, pages side by side; site and nbval read the runs.

jupyter-cache keeps a run under its cells' hash, where MyST-NB and the replay for nbval
look it up. It holds until something changes that it came from: a module that the page
imports, directly or not, a recorded result, a version, the machine.
"""

import asyncio
import hashlib
import os
import time
from functools import cache, cached_property
from itertools import chain
from pathlib import Path

import nbformat
import psutil
from executed_with import executed_with
from IPython.core.inputtransformer2 import TransformerManager
from joblib import cpu_count
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from package_imports import ROOT, files_behind, imported
from sphinx.errors import ExtensionError
from sphinx.util import logging

FOLDER = ROOT / "_build" / "runs"
MEMORY = 3e9  # bytes that a page with TensorFlow may take
CELL = 600  # seconds a cell, on a slow machine
LIMIT = 60  # seconds a page should take on two cores that do nothing else
SHOWN = ("requirements.txt", "ganflow/results/*.*")  # what any page may show, or need
log = logging.getLogger(__name__)


def read(path):
    """The notebook at this path."""
    return nbformat.read(path, as_version=4)


def imports_of(notebook):
    """The paths that the code cells of a notebook import from the package."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return sorted({path for source in code for path in imports_in(source)})


@cache
def imports_in(source):
    """Those of one cell, which may have IPython's own syntax in it."""
    return tuple(imported(TransformerManager().transform_cell(source)))


@cache
def for_every_page():
    """One hash of what concerns every page: versions, machine, recorded results."""
    files = chain.from_iterable(sorted(ROOT.glob(pattern)) for pattern in SHOWN)
    known = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)
    return hashlib.sha256(known + repr(executed_with()).encode()).hexdigest()


def made_from(notebook):
    """One hash of all that a run of this notebook comes from, but for its own cells."""
    found = hashlib.sha256(for_every_page().encode())
    for path in files_behind(imports_of(notebook)):
        found.update(str(path.relative_to(ROOT)).encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


class Runs:
    """The runs that are kept in a folder.

    Parameters
    ----------
    folder : Path, made when the first run is kept; by default the site's.
    """

    def __init__(self, folder=None):
        self.folder = folder or FOLDER

    @cached_property
    def _cache(self):
        return get_cache(self.folder)

    def record(self, notebook):
        """What jupyter-cache knows of a run of these very cells, or None."""
        if not self.folder.exists():
            return None
        try:
            return self._cache.match_cache_notebook(notebook)
        except KeyError:
            return None

    def find(self, notebook):
        """The executed notebook (its code cells alone), if its run still holds."""
        record = self.record(notebook)
        if record is None or record.data.get("made_from") != made_from(notebook):
            return None
        return self._cache.get_cache_bundle(record.pk).nb

    def keep(self, path, executed, seconds, source):
        """Keep the run of the notebook at `path`; `source` is its `made_from`."""
        data = {"execution_seconds": seconds, "made_from": source}
        bundle = CacheBundleIn(executed, str(path), data=data)
        self._cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)

    def missing(self, paths):
        """Those of these notebooks that have no run which holds, the longest first.

        So no long one is left to run alone at the end. One that was never run comes
        before the others, the one with most code first.
        """
        found = {path: read(path) for path in paths}
        left = {path: nb for path, nb in found.items() if self.find(nb) is None}

        def length(path):
            if record := self.record(left[path]):
                return False, record.data["execution_seconds"]
            cells = left[path].cells
            return True, sum(len(c.source) for c in cells if c.cell_type == "code")

        return sorted(left, key=length, reverse=True)

    def run(self, paths, *, jobs=None):
        """Run these notebooks, as many at a time as cores and memory allow.

        Raises
        ------
        ExtensionError : cells failed; it names the pages and quotes the tracebacks.
        """
        if failed := asyncio.run(self._run(paths, jobs or side_by_side())):
            raise ExtensionError("\n\n".join(sorted(failed)))

    async def _run(self, paths, jobs):
        turn, failed = asyncio.Semaphore(jobs), []
        # More threads than cores wait for each other, busily.
        alone = os.environ | {"OMP_NUM_THREADS": str(max(1, cpu_count() // jobs))}
        begun = [asyncio.ensure_future(execute(p, turn, alone)) for p in paths]
        for done in asyncio.as_completed(begun):
            path, executed, seconds, source, error = await done
            name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            if error is not None:
                failed.append(f"{name} failed:\n{error}")
                continue
            self.keep(path, executed, seconds, source)
            slow = f", over {LIMIT}" * (seconds > LIMIT)
            log.info(f"ran {name} in {seconds:.1f} s{slow}")
        return failed


def side_by_side():
    """How many pages run at a time."""
    room = int(psutil.virtual_memory().available // MEMORY)
    return max(1, min(cpu_count(), room))


async def execute(path, turn, environment, **more):
    """Run the notebook in its own folder, in a kernel of its own, when it has its turn.

    What a cell prints in pieces is joined: where a piece ends, the clock decides.
    `more` goes to nbclient.

    Returns
    -------
    The path, the executed notebook, the seconds, what it was made from when it began
    (a file may change while it runs), and the error or None.
    """
    notebook, error = read(path), None
    how = {"timeout": CELL, "coalesce_streams": True, "record_timing": False}
    how |= more
    place = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, resources=place, **how)
    async with turn:
        source, start = made_from(notebook), time.perf_counter()
        try:
            await client.async_execute(env=environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as stopped:
            error = stopped
    return path, notebook, time.perf_counter() - start, source, error


def notebook_of(env, page):
    """The path of the notebook that a page of the book is, or None."""
    path = env.doc2path(page)
    return Path(path) if path.endswith(".ipynb") else None


def read_again(app, env, added, changed, removed):
    """Let Sphinx read each page whose last reading was of another run."""
    seen = getattr(env, "made_from", {})
    return [
        page
        for page in env.found_docs - added - changed
        if (path := notebook_of(env, page)) and seen.get(page) != made_from(read(path))
    ]


def run_before_reading(app, env, pages):
    """Run what is about to be read and has no run that holds."""
    if app.config.nb_execution_mode == "off":
        return
    paths = {page: path for page in pages if (path := notebook_of(env, page))}
    runs = Runs(Path(app.config.nb_execution_cache_path))
    if missing := runs.missing(paths.values()):
        log.info(
            f"{len(missing)} of {len(paths)} pages to run, {side_by_side()} at a time"
        )
        runs.run(missing)
    known = {p: made_from(read(path)) for p, path in paths.items()}
    env.made_from = getattr(env, "made_from", {}) | known


def tell_versions(app, page, source):
    """End the page of the status with what ran the cells."""
    if page.endswith("/status"):
        rows = [f"| {name} | {version} |" for name, version in executed_with().items()]
        source[0] += "\n".join(
            ["", "| What ran them | Version |", "|---|---|", *rows, ""]
        )


def keep_runs(app, config):
    """Tell MyST-NB where the runs are, and that jupyter-cache counts time in UTC."""
    config.nb_execution_cache_path = str(FOLDER)
    os.environ["TZ"] = "UTC"
    time.tzset()


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", keep_runs)
    app.connect("env-get-outdated", read_again)
    app.connect("source-read", tell_versions)
    app.connect("env-before-read-docs", run_before_reading)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
