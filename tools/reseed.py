"""Run the pages with every seed shifted, and say which cells fail.

    python tools/reseed.py [--shift 1000 ...] [--jobs 2] [page ...]

What a page claims of any seed must hold at three others; a cell whose claim is of the
page's seed has the tag `this-seed`, may fail, and is counted. Outputs are not compared:
a number that the text quotes is of the page's seed. How a seed is shifted says
tools/shifted/sitecustomize.py. The runs lie in _build/reseed, for who wants to open one
that failed; the site's are neither read nor replaced.
"""

import argparse
import asyncio
import os
import re
import sys
import time
from dataclasses import dataclass

import build_notebooks
import nbformat
from build_notebooks import ROOT, is_tagged, page_runs

SHIFTED, KEPT = ROOT / "tools" / "shifted", ROOT / "_build" / "reseed"
SHIFTS = (1000, 2000, 3000)
THIS_SEED = "this-seed"
COLOUR = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Failure:
    """A cell that raised.

    Parameters
    ----------
    page : str
        Such as 04_turns/take_turns.
    heading : str
        That of the section in which the cell stands.
    error : str
        Its type and what it says, in one line.
    place : str
        The line that raised.
    allowed : bool
        Whether the cell says that its claim is of the page's seed.
    """

    page: str
    heading: str
    error: str
    place: str
    allowed: bool

    def __str__(self):
        said = "of this seed" if self.allowed else "FAILS"
        return (
            f"{said}: {self.page}, {self.heading}\n    {self.place}\n    {self.error}"
        )


def failures(page, notebook):
    """The cells of an executed notebook that raised."""
    heading = page
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = ([heading] + re.findall(r"^#+ .*", cell.source, re.M))[-1]
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                said = f"{output.ename}: {output.evalue}".split("\n")[0]
                allowed = is_tagged(cell, THIS_SEED)
                yield Failure(page, heading, said, line_of(output), allowed)


def line_of(error):
    """The line of the cell that raised, as its traceback points to it."""
    traced = COLOUR.sub("", "\n".join(error.traceback))
    lines = re.findall(r"^-+> *\d+ (.*)", traced, re.M)
    return lines[0].strip() if lines else ""


async def run(texts, shift, jobs):
    """Yield each text, its page as it ran, and the error that ended the run or None."""
    runs, turn = page_runs(), asyncio.Semaphore(jobs)
    known = os.environ.get("PYTHONPATH")
    folders = [str(SHIFTED), *([known] if known else [])]
    threads = str(max(1, runs.cpu_count() // jobs))
    shifted = os.environ | {
        "SHIFT_SEEDS": str(shift),
        "PYTHONPATH": os.pathsep.join(folders),
        "OMP_NUM_THREADS": threads,
    }
    paths = {build_notebooks.notebook_path(text): text for text in texts}
    begun = [
        asyncio.ensure_future(runs.execute(path, turn, shifted, allow_errors=True))
        for path in paths
    ]
    for done in asyncio.as_completed(begun):
        path, notebook, _, _, error = await done
        yield paths[path], notebook, error


def keep(page, shift, notebook):
    """Write the executed notebook to a place of its own."""
    path = KEPT / str(shift) / f"{page}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


async def tell(texts, shift, jobs):
    """Print what fails under a shift; return the failures that no cell expects."""
    begun, found = time.perf_counter(), []
    async for text, notebook, error in run(texts, shift, jobs):
        page = build_notebooks.page_name(text)
        keep(page, shift, notebook)
        here = list(failures(page, notebook))
        if error is not None:
            last = str(error).strip().splitlines()[-1]
            here.append(Failure(page, "the page's run ended", last, "", False))
        for failure in here:
            print(failure, flush=True)
        found += here
    left = [failure for failure in found if not failure.allowed]
    print(
        f"shift {shift}: {len(texts)} pages in {time.perf_counter() - begun:.0f} s, "
        f"{len(left)} cells fail, {len(found) - len(left)} are of the page's seed",
        flush=True,
    )
    return left


def main(words=None):
    """Run the pages that are named, or all, under each shift."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", metavar="page")
    parser.add_argument("--shift", action="append", type=int)
    parser.add_argument("--jobs", type=int, default=page_runs().side_by_side())
    args = parser.parse_args(words)
    texts = build_notebooks.named(args.pages, build_notebooks.chapters())
    left = [
        asyncio.run(tell(texts, shift, args.jobs)) for shift in args.shift or SHIFTS
    ]
    if any(left):
        sys.exit(f"{sum(map(len, left))} failures")


if __name__ == "__main__":
    main()
