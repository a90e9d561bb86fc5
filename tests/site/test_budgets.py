"""What a page may cost its reader, in Chromium with an empty cache.

Bytes are counted, so they are judged on any machine. Seconds are the budgets' own only
where two cores are free: see `seconds`.
"""

import gzip
import os
import random
import time
from functools import partial
from pathlib import Path

import page_cost
import pytest
from page_cost import (
    BUDGETS,
    PICTURE,
    first_paint,
    first_picture,
    frame_share,
    usable,
    weight_of,
)
from site_browser import open_page
from site_pages import LIVE, heaviest, holding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
# Bytes are judged on every page; seconds on the heaviest, and where widgets are.
TIMED = sorted({*LIVE, *heaviest(12)})
VISITS = 3  # too slow ones, on a quiet machine, until a page is called slow
FREE = 1.8  # cores, that a machine is called quiet


def free_cores(during=0.3):
    """How many cores have had nothing to do, by Linux's own account; else infinity."""
    account = Path("/proc/stat")
    if not account.exists():
        return float("inf")
    idle = []
    for wait in (during, 0):
        idle.append(float(account.read_text().split()[4]))
        time.sleep(wait)
    return (idle[1] - idle[0]) / os.sysconf("SC_CLK_TCK") / during


def seconds(visit, budget):
    """The seconds of the quickest visit, until one keeps the budget.

    Other work on the machine can only make a visit longer. So one that keeps the budget
    counts whatever else ran, and one that does not counts only if two cores were free
    just before it and after it. Without any that counts there is no judgement.
    """
    slow = []
    for _ in range(2 * VISITS):
        quiet = free_cores() >= FREE
        took = visit()
        if took <= budget:
            return took
        if quiet and free_cores() >= FREE:
            slow.append(took)
        if len(slow) == VISITS:
            break
    if not slow:
        pytest.skip("other work kept the cores busy, so no time was judged")
    return min(slow)


@pytest.fixture(scope="module", autouse=True)
def two_cores():
    """Give the server and the browser the two cores that the budgets are for."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    yield
    os.sched_setaffinity(0, before)


@pytest.mark.alone
@pytest.mark.parametrize("path", TIMED)
def test_a_page_paints_within_its_budget(browser, host, path):
    took = seconds(partial(first_paint, browser, f"{host}/{path}"), BUDGETS["paint"])
    assert took <= BUDGETS["paint"]


@pytest.mark.alone
@pytest.mark.parametrize("path", LIVE)
def test_a_widget_answers_within_its_budget(browser, host, path):
    took = seconds(partial(usable, browser, f"{host}/{path}"), BUDGETS["usable"])
    assert took <= BUDGETS["usable"]


@pytest.mark.alone
@pytest.mark.parametrize("slower", PICTURE)
@pytest.mark.parametrize("path", holding('class="gf-first-view"'))
def test_a_lab_s_first_picture_is_seen_within_its_budget(browser, host, path, slower):
    visit = partial(first_picture, browser, f"{host}/{path}", slower)
    assert seconds(visit, PICTURE[slower]) <= PICTURE[slower]


@pytest.mark.alone
@pytest.mark.parametrize("path", holding("gf-mixture .steps"))
def test_training_leaves_the_page_the_rest_of_each_frame(browser, host, path):
    assert seconds(partial(frame_share, browser, f"{host}/{path}"), 1) <= 1


# ---- that the scales and the clocks above can say no


PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css"><body>{}<p>Words</p></body>"""
LATE = """<script>new PerformanceObserver(() => document.body.append(
    Object.assign(document.createElement("script"), {src: "late.js"})
)).observe({type: "paint", buffered: true})</script>"""
BUSY = "<script>while (performance.now() < 1100) {}</script>"
WIDGET = """<div data-live="loading"><button>next</button>
<div class="lm-Widget"><i>0</i></div></div><script>
const place = document.querySelector("[data-live]");
setTimeout(() => { place.dataset.live = "ready" }, 1800);
const answer = () => { place.querySelector("i").textContent = 1 };
place.onclick = () => setTimeout(answer, 300);
</script>"""


def random_script(size):
    """A script that gzip cannot make smaller than half of its bytes."""
    return b"//" + random.Random(0).randbytes(size).hex().encode()


@pytest.fixture
def small_site(tmp_path, chromium):
    """Measure a page of this body, with one style and one script that comes late."""
    (tmp_path / "style.css").write_text("p { color: black }")
    (tmp_path / "late.js").write_bytes(random_script(5_000))
    (tmp_path / "heavy.js").write_bytes(random_script(2_500_000))
    with page_cost.serve(tmp_path) as host:

        def measured(how, body):
            (tmp_path / "page.html").write_text(PAGE.format(body))
            return how(chromium, f"{host}/page.html")

        yield measured


def weigh(browser, address):
    """What a page asks for, read to its end."""
    page = open_page(browser, address)
    weight = weight_of(page)
    page.close()
    return weight


def sent(folder, *names):
    """The bytes of these files, gzipped."""
    return sum(len(gzip.compress((folder / name).read_bytes(), 6)) for name in names)


def test_the_scales_tell_what_came_before_the_first_paint(small_site, tmp_path):
    weight = small_site(weigh, LATE)
    assert weight.early == sent(tmp_path, "page.html", "style.css")
    assert weight.total == weight.early + sent(tmp_path, "late.js")


def test_megabytes_before_the_first_paint_are_too_many(small_site):
    weight = small_site(weigh, '<script src="heavy.js"></script>')
    assert weight.early > BUDGETS["early"]
    assert weight.total > BUDGETS["total"]


def test_a_script_that_keeps_the_page_busy_is_seen_in_the_first_paint(small_site):
    assert small_site(first_paint, BUSY) > BUDGETS["paint"]


def test_the_clock_runs_until_a_widget_answers(small_site):
    assert small_site(usable, WIDGET) > 2.1 > BUDGETS["usable"]


STILL = """<div style="height: 9000px"></div><div class="cell_output">
<figure class="gf-first-view"><img alt=""></figure></div><script>
const image = document.querySelector("img");
const come = () => { image.src = "data:image/svg+xml,%3Csvg xmlns=" +
    "'http://www.w3.org/2000/svg' width='9' height='9'/%3E" };
new IntersectionObserver(([seen]) => seen.isIntersecting && setTimeout(come, 500))
    .observe(image.parentElement);
</script>"""


def test_the_clock_runs_until_a_lab_s_picture_is_seen(small_site):
    assert small_site(first_picture, STILL) > 0.5 > PICTURE[1]


TRAINS = """<div data-live="ready"><div class="gf-mixture"><div class="steps">
<button>run</button></div></div></div><script>
const frame = () => {
    const start = performance.now();
    while (performance.now() < start + 13);
    performance.measure("gf-mixture", { start });
    requestAnimationFrame(frame);
};
document.querySelector("button").onclick = frame;
</script>"""


def test_too_much_work_in_a_frame_is_seen(small_site):
    assert small_site(partial(frame_share, during=1), TRAINS) >= 13 / 12 > 1


def test_a_widget_that_answers_no_key_is_named(small_site):
    with pytest.raises(ValueError, match="no control of its widgets changes a picture"):
        small_site(usable, WIDGET.replace("place.onclick", "place.onload"))


@pytest.mark.parametrize(
    "free, took, judged",
    [(2, [1.5, 1.2, 1.3], 1.2), (0, [1.5, 0.9], 0.9), (2, [1.5, 1.2, 0.8], 0.8)],
)
def test_the_quickest_visit_is_judged(monkeypatch, free, took, judged):
    monkeypatch.setitem(seconds.__globals__, "free_cores", lambda: free)
    assert seconds(iter(took).__next__, 1.0) == judged


def test_slow_visits_beside_other_work_are_not_judged(monkeypatch):
    monkeypatch.setitem(seconds.__globals__, "free_cores", lambda: 0)
    with pytest.raises(pytest.skip.Exception, match="other work"):
        seconds(lambda: 1.5, 1.0)
