"""Print how fast a page trains a GAN, beside `play` in Python and TensorFlow.js.

`.venv/bin/python bench/page_ticks.py`: headless Chromium runs the package's program and
TensorFlow.js (installed by npm into a temporary folder), Python runs `play` on one
thread, all by turns in one run; shown are medians over rounds. A frame is 8 ms of ticks
(at least one tick) and then the numbers of its picture. TensorFlow.js plays the setting
without a penalty only: what it says to the derivative of a penalty is printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread
from time import perf_counter
from typing import Any

import torch
from playwright.sync_api import Page, sync_playwright

from ganflow.dynamics import play
from ganflow.live.program import gan_program
from ganflow.live.settings import page_setting
from ganflow.sweeps import GanSetting

ROOT = Path(__file__).parents[1]
TENSORFLOW = ("@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0")
SCRIPTS = (  # of the installed packages, served beside the page
    "tfjs/dist/tf.min.js",
    "tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
    "tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
)
PENALTIES = ("none", "R1", "WGAN-GP")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@dataclass(frozen=True)
class Speed:
    """Ticks a second, and a frame's work in ms: its median, and in 95 of 100 frames."""

    rate: float
    median: float | None = None
    late: float | None = None


def parser() -> argparse.ArgumentParser:
    """What can be asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--schedule", default="D D G")
    asked.add_argument("--width", type=int, default=32)
    asked.add_argument("--batch", type=int, default=64)
    asked.add_argument("--seconds", type=float, default=2.0, help="of each, a round")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--alone", action="store_true", help="without TensorFlow.js")
    return asked


def in_python(setting: GanSetting, seconds: float) -> Speed:
    """`play`, one run, on one thread."""
    players, rules, ticks, took = setting.players(), setting.rules(), 8, 0.0
    while took < seconds / 2:
        ticks *= 2
        begun = perf_counter()
        play(players, setting.schedule, rule=rules, ticks=ticks, record_every=ticks)
        took = perf_counter() - begun
    return Speed(ticks / took)


def fill(folder: Path, base: GanSetting, *, alone: bool) -> dict[str, Any]:
    """Lay out what the page asks for, and give the program's layout back."""
    program = gan_program(
        base,
        losses=[base.loss],
        penalties=list(PENALTIES),
        rules=[base.rule],
        side=24,
        reach=1.25 * base.data.extent,
    )
    (folder / "program.wasm").write_bytes(program.code)
    shutil.copy(ROOT / "ganflow" / "live" / "program.js", folder)
    shutil.copy(Path(__file__).with_suffix(".js"), folder)
    tags = "" if alone else install(folder)
    text = f"<!doctype html><meta charset=utf-8>{tags}"
    (folder / "index.html").write_text(text, encoding="utf-8")
    return program.layout


def install(folder: Path) -> str:
    """Put TensorFlow.js into this folder alone; the tags that load it come back."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("TensorFlow.js needs npm; measure without it: --alone")
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*command, *TENSORFLOW], cwd=folder, check=True, capture_output=True)
    for script in SCRIPTS:
        shutil.copy(folder / "node_modules" / "@tensorflow" / script, folder)
    loaded = [Path(script).name for script in SCRIPTS if script.endswith(".js")]
    return "".join(f'<script src="{name}"></script>' for name in loaded)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def page_of(folder: Path) -> Iterator[Page]:
    """A page of headless Chromium that knows the functions of page_ticks.js."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as started:
            browser = started.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            page.evaluate(
                "import('./page_ticks.js').then((m) => { window.bench = m; })"
            )
            yield page
            browser.close()
        server.shutdown()


def in_page(page: Page, way: str, given: dict[str, Any], seconds: float) -> Speed:
    """One way of the page, `own` or `tensorflow`."""
    start = f"bench.{way}(given).then((run) => bench.measured(run, seconds))"
    return Speed(**page.evaluate(f"([given, seconds]) => {start}", [given, seconds]))


def ways(
    page: Page, base: GanSetting, layout: dict[str, Any], options: argparse.Namespace
) -> dict[str, Callable[[], Speed]]:
    """All that is measured, by the name that the table has for it."""
    seconds, found = options.seconds, {}
    for penalty in PENALTIES:
        strength = 0.0 if penalty == "none" else 0.1
        setting = replace(base, penalty=penalty, strength=strength)
        given = {"setting": page_setting(setting), "layout": layout}
        found[f"page, {penalty}"] = partial(in_page, page, "own", given, seconds)
        found[f"play, {penalty}"] = partial(in_python, setting, seconds)
    if not options.alone:
        given = {"setting": page_setting(base), "sizes": sizes(base)}
        name = "TensorFlow.js (wasm), none"
        found[name] = partial(in_page, page, "tensorflow", given, seconds)
    return found


def sizes(base: GanSetting) -> dict[str, int]:
    """Of the networks and of the picture."""
    return {name: getattr(base, name) for name in ("width", "batch", "latent", "shown")}


def shown(name: str, taken: list[Speed]) -> str:
    """A row of the table: medians over rounds."""
    rate = median(speed.rate for speed in taken)
    row = f"{name:28}{rate:10.0f}{1000 / rate:12.2f}"
    for part in ("median", "late"):
        frames = [ms for speed in taken if (ms := getattr(speed, part)) is not None]
        row += f"{median(frames):12.1f}" if frames else f"{'':>12}"
    return row


def load() -> str:
    """How busy the machine is."""
    return ", ".join(f"{part:.1f}" for part in os.getloadavg())


def main() -> None:
    """Measure and print."""
    options = parser().parse_args()
    if CHROMIUM is None:
        sys.exit("no chromium on this machine: apt-get install chromium")
    torch.set_num_threads(1)
    base = GanSetting(
        schedule=options.schedule, width=options.width, batch=options.batch, shown=256
    )
    print(
        f"{base.schedule.text}, width {base.width}, batch {base.batch}; "
        f"{os.cpu_count()} cores, load {load()} at the start"
    )
    with TemporaryDirectory() as name:
        layout = fill(Path(name), base, alone=options.alone)
        with page_of(Path(name)) as page:
            measure(page, base, layout, options)
    print(f"load {load()} at the end")


def measure(
    page: Page, base: GanSetting, layout: dict[str, Any], options: argparse.Namespace
) -> None:
    """Take every way once a round, and print the table."""
    measured = ways(page, base, layout, options)
    taken: dict[str, list[Speed]] = {name: [] for name in measured}
    for _ in range(options.rounds):
        for name, way in measured.items():
            taken[name].append(way())
    head = ("ticks a s", "ms a tick", "ms a frame", "95 % below")
    print(f"{'':28}{head[0]:>10}" + "".join(f"{word:>12}" for word in head[1:]))
    for name, speeds in taken.items():
        print(shown(name, speeds))
    if not options.alone:
        said = page.evaluate(f"bench.refusedPenalty({{ sizes: {sizes(base)} }})")
        print(f"a penalty in TensorFlow.js: {said or 'has a derivative'}")


if __name__ == "__main__":
    main()
