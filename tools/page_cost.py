"""What a page of the built site costs its reader: bytes, first paint, a usable widget.

Every visit starts with an empty cache, in Chromium. The site is served as GitHub Pages
serves it: text gzipped at level 6, fonts and images as they are.
"""

import gzip
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

# Gzipped bytes before the first paint and in all; seconds on two cores.
BUDGETS = {"early": 300_000, "total": 2_200_000, "paint": 1.0, "usable": 2.0}
# Seconds to a lab's first picture, by how many times slower the processor is made.
PICTURE = {1: 0.3, 6: 2.0}
# Milliseconds that training in the page may take of a frame: the median, and 19 of 20.
FRAME = {"half": 12, "most": 20}

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
SIZE = {"width": 1400, "height": 900}
TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")

# The kinds of controls, the key that moves each, and at its end the other one.
KEYS = {
    "[role=slider]": ("ArrowRight", "ArrowLeft"),
    "select": ("ArrowDown", "ArrowUp"),
    "input[type=checkbox]": ("Space",),
    "input[type=radio]:checked": ("ArrowDown", "ArrowUp"),
    "button:not(.mod-active)": ("Space",),
}
CONTROL = f"[data-live] :is({', '.join(KEYS)})"
VIEW = ".lm-Widget:not(.jupyter-widgets, [class*='widget-'])"
AT_END = """c => c.matches("select") ? c.selectedIndex === c.length - 1
    : c.ariaValueNow !== null && c.ariaValueNow === c.ariaValueMax"""
LOOKS = f"""[...document.querySelectorAll("[data-live] {VIEW}")].map(picture =>
    picture.innerHTML +
    [...picture.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()))"""
CHANGED = f"""before => ({LOOKS}).some((look, place) => look !== before[place])
    && performance.now()"""
DRAWN = f"""() => [...document.querySelectorAll("[data-live]")].every(place =>
    place.dataset.live === "ready" && place.querySelector("{VIEW} > *"))"""
WHOLE = """localStorage.setItem("gf-predictions", '{"open": true}')"""
SEEN = """place => new Promise((seen) => {
    const start = performance.now();
    place.scrollIntoView();
    const still = place.querySelector(".gf-first-view img");
    const look = async () => {
        if (place.dataset.live !== "ready") await still.decode().catch(() => 0);
        if (place.dataset.live === "ready" || still.naturalWidth) {
            requestAnimationFrame(() => seen(performance.now() - start));
        } else requestAnimationFrame(look);
    };
    look();
})"""
FRAMES = 'performance.getEntriesByName("gf-mixture").map((frame) => frame.duration)'
PAINTED = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime'
ASKED = """["navigation", "resource"]
    .flatMap(kind => performance.getEntriesByType(kind))
    .filter(entry => entry.name.startsWith("http"))
    .map(entry => [entry.startTime, entry.encodedBodySize])"""


@cache
def zipped(path, changed):
    """The file as GitHub Pages sends it; `changed` is when it was last written."""
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class PagesHandler(SimpleHTTPRequestHandler):
    """Answers as GitHub Pages does, and keeps no log."""

    protocol_version = "HTTP/1.1"

    def handle(self):
        """Answer until the reader leaves, which may be in the middle of an answer."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self):
        """Send a file, gzipped if it is text."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        kind = self.guess_type(path)
        text = kind.startswith(TEXT)
        body = zipped(path, path.stat().st_mtime_ns) if text else path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if text:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """Say nothing."""


@contextmanager
def serve(folder):
    """Yield the address under which `folder` is served, such as http://127.0.0.1:4711."""
    handler = partial(PagesHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@contextmanager
def first_visit(browser):
    """Yield a page with an empty cache, for who wants no question before an answer."""
    context = browser.new_context(viewport=SIZE)
    context.add_init_script(WHOLE)
    try:
        yield context.new_page()
    finally:
        context.close()


@dataclass(frozen=True)
class Weight:
    """Gzipped bytes: asked for before the first paint, and when all is drawn."""

    early: int
    total: int


def weight_of(page):
    """The weight of a page that has been read to its end, its first visit."""
    paint, asked = page.evaluate(f"[{PAINTED}, {ASKED}]")
    early = sum(size for start, size in asked if start < paint)
    return Weight(early, sum(size for _, size in asked))


def first_paint(browser, address):
    """Seconds from following a link to the first text or picture on the screen."""
    with first_visit(browser) as page:
        page.goto(address, wait_until="load")
        while (paint := page.evaluate(PAINTED)) is None:
            page.wait_for_timeout(20)
        return paint / 1000


def usable(browser, address):
    """Seconds from following a link to the first answer of a widget.

    The reader scrolls to the first widget as soon as the page has a place for it, and
    presses a key that moves its first control as soon as its picture is drawn. The
    clock stops when a picture looks different.
    """
    with first_visit(browser) as page:
        page.goto(address, wait_until="commit")
        place = page.wait_for_selector("[data-live]", state="attached")
        place.evaluate("place => place.scrollIntoView()")
        page.wait_for_function(DRAWN)
        return press_until_changed(page) / 1000


def first_picture(browser, address, slower=1):
    """Seconds from coming to a lab to its first picture: the still one, or its own.

    The page has been read till there is nothing left to load, on a processor that is
    made so many times slower.
    """
    with first_visit(browser) as page:
        tools = page.context.new_cdp_session(page)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(address, wait_until="networkidle")
        place = page.wait_for_selector(".cell_output:has(> .gf-first-view)")
        return place.evaluate(SEEN) / 1000


def frame_share(browser, address, during=3):
    """What part of its budget a training lab takes of a frame; 1 is all of it.

    It trains for some seconds; `gf-mixture` is what it calls its work in a frame.
    """
    with first_visit(browser) as page:
        page.goto(address, wait_until="networkidle")
        page.query_selector("[data-live]").evaluate("place => place.scrollIntoView()")
        page.click("[data-live=ready] .gf-mixture .steps button")
        page.wait_for_timeout(1000 * during)
        frames = sorted(page.evaluate(FRAMES))
        half, most = frames[len(frames) // 2], frames[len(frames) * 19 // 20]
        return max(half / FRAME["half"], most / FRAME["most"])


def press_until_changed(page):
    """Press keys on the controls until a picture changes; return when, in ms."""
    from playwright.sync_api import TimeoutError as NothingMoved

    before = page.evaluate(LOOKS)
    for control in page.query_selector_all(CONTROL):
        kind = next(
            kind for kind in KEYS if control.evaluate(f"c => c.matches('{kind}')")
        )
        for key in KEYS[kind][:: -1 if control.evaluate(AT_END) else 1]:
            control.press(key)
            with suppress(NothingMoved):
                changed = page.wait_for_function(CHANGED, arg=before, timeout=500)
                return changed.json_value()
    raise ValueError(f"{page.url}: no control of its widgets changes a picture")
