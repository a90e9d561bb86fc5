"""The training view on a page: what a reader sees, scrubs through and hears."""

import json
from base64 import b64encode

import pytest
from fake_run import fake_run

from ganflow.widgets.training_view.view import TrainingView, labels, packed

PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<style>%s</style><body><div id="here"></div><script type="module">%s
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt()).buffer);
const traits = %s, calls = {};
traits.film = bytes(traits.film);
window.model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; calls[name]?.(); },
  on: (name, f) => { calls[name.slice(7)] = f; },
  off: (name) => delete calls[name.slice(7)],
};
window.change = (record, film) => {
  Object.assign(traits, { record_: record, film: bytes(film), at: record.ticks.length - 1 });
  calls.at(); calls.film();
};
window.leave = render({ model, el: document.getElementById("here") });
</script></body></html>"""  # noqa: E501
SAID = "start => document.querySelector('.voice').innerText.startsWith(start)"


def sent(run):
    """The traits of a view of `run`, as JSON."""
    return labels(run), b64encode(packed(run)).decode()


@pytest.fixture(params=[1000, 375], ids=["wide", "phone"])
def page(request, chromium):
    """The view alone on a page, at its second snapshot of three."""
    script = str(TrainingView._esm).replace("export default", "void")
    record, film = sent(fake_run(size=8))
    traits = json.dumps({"record_": record, "film": film, "at": 1})
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url))
    page.set_content(PAGE % (TrainingView._css, script, traits))
    page.wait_for_selector(".gf-training canvas[aria-label]")
    yield page
    assert wrong == []
    page.close()


def looks(page):
    return page.eval_on_selector_all("canvas", "all => all.map(c => c.toDataURL())")


@pytest.mark.browser
def test_scrubbing_moves_pictures_curves_and_words_together(page):
    before, said = looks(page), page.locator(".says").inner_text()
    page.evaluate("model.set('at', 2)")
    after = looks(page)
    changed = [one != other for one, other in zip(before, after, strict=True)]
    assert changed == [True, False, True, True, True]  # only the real ones stay
    assert "Tick 500" in said and "Tick 1000" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_every_canvas_is_drawn_and_says_what_it_shows(page):
    painted = """all => all.map(c => new Set(
      c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"""
    assert min(page.eval_on_selector_all("canvas", painted)) > 4
    words = page.eval_on_selector_all("canvas", "all => all.map(c => c.ariaLabel)")
    assert len(set(words)) == 5 and all(words)
    assert words[0] == "25 images made by G after tick 500" and "slope" in words[4]


@pytest.mark.browser
def test_a_listener_hears_where_the_scrubbing_ends_and_not_each_step(page):
    page.wait_for_function(SAID, arg="Tick 500")
    for at in (0, 2, 0):
        page.evaluate(f"model.set('at', {at})")
    assert "Tick 500" in page.locator(".voice").inner_text()
    page.wait_for_function(SAID, arg="Tick 0,")


@pytest.mark.browser
def test_a_longer_record_is_taken_over_while_it_trains(page):
    record, film = sent(fake_run(ticks=2000, snapshots=5, size=8))
    page.evaluate(f"change({json.dumps(record)}, {json.dumps(film)})")
    assert "Tick 2000" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_a_slider_that_is_ahead_of_the_film_shows_its_last_snapshot(page):
    page.evaluate("model.set('at', 7)")
    assert "Tick 1000" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_before_the_first_snapshot_it_says_so(page):
    page.evaluate("model.set('record_', {}); model.set('at', 0)")
    assert "has not begun" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_the_page_never_scrolls_sideways_and_the_height_stays(page):
    wide = (
        "document.documentElement.scrollWidth <= document.body.parentNode.clientWidth"
    )
    heights = set()
    for at in (0, 1, 2):
        page.evaluate(f"model.set('at', {at})")
        heights.add(page.locator(".gf-training").bounding_box()["height"])
        assert page.evaluate(wide)
    assert len(heights) == 1


@pytest.mark.browser
def test_leaving_stops_listening(page):
    page.evaluate("leave()")
    before = looks(page)
    page.evaluate("model.set('at', 2)")
    assert looks(page) == before
