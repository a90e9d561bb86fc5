"""Weigh and time the pages of the built site, and with --build the building of it.

Run it as `make bench-book`, or `python tools/bench_book.py --help`. Each visit starts
with an empty cache, on two cores of this machine; of the times the quickest of --rounds
is shown, since other work can only make a visit longer. It ends with 1 where a page
misses a budget.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from page_cost import BUDGETS, CHROMIUM, FLAGS, first_paint, serve, usable, weigh
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
VENDOR = "book/_static/vendor"
SCRIPTS = Path(sysconfig.get_path("scripts"))


def pages(site: Path) -> list[str]:
    """The pages of a site, less the one that only leads to the first of them."""
    found = sorted(site.rglob("*.html"))
    named = [page.relative_to(site) for page in found if page != site / "index.html"]
    return [page.as_posix() for page in named if "_static" not in page.parts]


def measure(browser, host: str, page: str, live: bool, options) -> dict:
    """What one page costs: bytes, and seconds as the quickest of several visits."""
    address, network = f"{host}/{page}", options.network
    weight = weigh(browser, address)
    rounds = range(options.rounds)
    found = {"page": page, "early": weight.early, "total": weight.total}
    found["paint"] = min(first_paint(browser, address, network) for _ in rounds)
    if live:
        found["usable"] = min(usable(browser, address, network) for _ in rounds)
    return found


def missed(row: dict) -> list[str]:
    """The budgets that a page misses."""
    return [name for name, most in BUDGETS.items() if row.get(name, 0) > most]


def shown(row: dict) -> str:
    """A page's row of the table."""
    wait = f"{row['usable']:8.2f}" if "usable" in row else f"{'':8}"
    return (
        f"{row['page']:44}{row['early'] / 1e3:9.0f}{row['total'] / 1e3:9.0f}"
        f"{row['paint']:8.2f}{wait}  {' '.join(row['missed'])}"
    ).rstrip()


def visit(options) -> list[dict]:
    """Measure every page of the site and print the table."""
    print(f"{'':44}{'kB early':>9}{'kB total':>9}{'paint s':>8}{'usable s':>9}")
    rows = []
    with serve(options.site) as host, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for page in options.pages or pages(options.site):
            live = "widget-view+json" in (options.site / page).read_text("utf-8")
            row = measure(browser, host, page, live, options)
            row["missed"] = [] if options.network else missed(row)
            rows.append(row)
            print(shown(row), flush=True)
        browser.close()
    return rows


def copy_tree(folder: Path) -> None:
    """Copy into `folder` what git knows or would add, and the assets of the pages."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, names.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, folder / name)
    shutil.copytree(ROOT / VENDOR, folder / VENDOR)


def build() -> dict[str, float]:
    """Build a copy of the book twice and run its notebooks; the seconds of each."""
    book = [SCRIPTS / "jupyter-book", "build", ".", "-W", "-n", "--keep-going"]
    checks = [sys.executable, "-m", "pytest", "notebooks", "-n", "logical"]
    took = {}
    with TemporaryDirectory() as folder:
        copy_tree(Path(folder))
        for name, command in (
            ("cold build", book),
            ("warm build", book),
            ("nbval", checks),
        ):
            start = perf_counter()
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if run.returncode:
                sys.exit(
                    f"bench_book: {name} failed:\n{(run.stdout + run.stderr)[-2000:]}"
                )
            took[name] = perf_counter() - start
            print(f"{name:12}{took[name]:8.1f} s", flush=True)
    return took


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    made.add_argument("pages", nargs="*", help="such as notebooks/intro.html; else all")
    made.add_argument("--site", type=Path, default=SITE, help="the folder to measure")
    made.add_argument("--rounds", type=int, default=3, help="visits for each time")
    made.add_argument(
        "--network",
        type=float,
        metavar="MBIT",
        help="time on a network of MBIT per second, 150 ms there and back; no budgets",
    )
    made.add_argument(
        "--build",
        action="store_true",
        help="first time a cold and a warm build and nbval, in a copy of this folder",
    )
    made.add_argument(
        "--out", type=Path, metavar="FILE", help="write all there as JSON"
    )
    return made


def main(words: list[str] | None = None) -> int:
    """Measure with the options of the command line."""
    options = parser().parse_args(words)
    if CHROMIUM is None:
        sys.exit("bench_book: no chromium here; on Debian: apt-get install chromium")
    if not (options.site / "index.html").is_file():
        sys.exit(f"bench_book: no site in {options.site}: run make book")
    for page in options.pages:
        if not (options.site / page).is_file():
            sys.exit(f"bench_book: no page {page} in {options.site}: see --help")
    took = build() if options.build else {}
    if hasattr(os, "sched_setaffinity"):  # the budgets are for two cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    rows = visit(options)
    if options.out:
        options.out.write_text(json.dumps({"seconds": took, "pages": rows}, indent=1))
    misses = sum(len(row["missed"]) for row in rows)
    if not options.network:
        print(f"{misses} budgets missed on {len(rows)} pages")
    return int(misses > 0)


if __name__ == "__main__":
    sys.exit(main())
