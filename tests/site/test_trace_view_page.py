"""The live view on a page: what a reader sees, turns and hears."""

import json
from itertools import product

import pytest
from small_step import small_networks, small_step

from ganflow.layout import FOLDS
from ganflow.widgets.trace_view import TraceView
from ganflow.widgets.trace_view.recording import record_states
from ganflow.widgets.trace_view.states import pack


@pytest.fixture(scope="module")
def record():
    players = small_networks()
    return pack(record_states(small_step(**players), players))


PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<style>%s</style><body><div id="here"></div><script type="module">%s
const traits = %s, calls = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; calls[name]?.forEach((f) => f()); },
  save_changes: () => {},
  on: (names, f) => names.split(" ").forEach((n) => (calls[n.slice(7)] ??= []).push(f)),
  off: (names) => names.split(" ").forEach((n) => delete calls[n.slice(7)]),
};
window.leave = render({ model, el: document.getElementById("here") });
</script></body></html>"""


@pytest.fixture(params=[1000, 375], ids=["wide", "phone"])
def page(request, chromium, record):
    """The view alone on a page, with a model of a dozen lines."""
    script = str(TraceView._esm).replace("export default", "void")
    traits = {"record_": record, "loss": 0, "cut": False, "frozen": False, "folds": {}}
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url))
    css = str(TraceView._css)
    page.set_content(PAGE % (css, script, json.dumps(traits)))
    page.wait_for_selector(".box.live")
    yield page
    assert wrong == []
    page.close()


def turn(page, name, value):
    page.evaluate(f"model.set('{name}', {json.dumps(value)})")


@pytest.mark.browser
def test_switching_changes_the_picture_and_the_words(page):
    before = page.locator("svg[role=group]").inner_html()
    turn(page, "cut", True)
    assert page.locator("svg[role=group]").inner_html() != before
    assert page.locator("g.cut text").all_text_contents() == ["detach"]
    said = page.locator(".says[aria-live=polite]")
    assert "never arrives in G (cut: detach)" in said.inner_text()
    turn(page, "frozen", True)
    shown = page.locator(".says").filter(visible=True)
    assert ["has no history" in text for text in shown.all_inner_texts()] == [True]
    assert "has no history" not in page.locator(".sheet, .flow").first.inner_text()
    assert page.locator(".box").count() > 0 and page.locator(".box.absent").count() > 0
    turn(page, "loss", 7)
    assert "Nothing was recorded" in said.inner_text()
    assert page.locator(".flow > *").filter(visible=True).count() == 0


@pytest.mark.browser
def test_the_height_stays_whatever_is_chosen(page):
    """No switch makes the page jump below the picture; only its own words may wrap."""
    heights = set()
    for loss, cut, frozen in product((0, 1), (False, True), (False, True)):
        for name, value in (("loss", loss), ("cut", cut), ("frozen", frozen)):
            turn(page, name, value)
        heights.add(page.locator(".gf-trace").bounding_box()["height"])
    assert len(heights) == 1


@pytest.mark.browser
@pytest.mark.parametrize("title, presses", [("loss_G", 3), ("D", 3), ("G", 3)])
def test_the_focus_never_lands_on_what_is_not_there(page, title, presses):
    """With loss_G, x_real and D's way from it are ghosts."""
    turn(page, "loss", 1)
    page.locator(".box:not(.absent)", has=page.get_by_text(title, exact=True)).focus()
    where = "(({ariaLabel, ariaHidden, role}) => [ariaLabel, ariaHidden, role])"
    for _ in range(presses):
        page.keyboard.press("Enter")
        label, hidden, role = page.evaluate(where + "(document.activeElement)")
        assert (hidden, role) == ("false", "button") and " Enter " in label, label
    assert page.evaluate("document.activeElement.textContent").startswith(title)


@pytest.mark.browser
def test_a_box_opens_and_folds_by_keyboard_and_keeps_the_focus(page):
    page.locator(".box.network.role-D").focus()
    for expected in (3, 0):  # layers of D, then its operations
        page.keyboard.press("Enter")
        assert page.locator(".box.layer.role-D").count() == expected
        assert page.evaluate("document.activeElement.classList.contains('role-D')")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.locator(".box.network.role-D").count() == 1
    label = page.locator(".box.network.role-D").get_attribute("aria-label")
    assert label.startswith("network D: ") and label.endswith("Enter opens it.")


@pytest.mark.browser
def test_a_click_opens_and_pointing_reads(page):
    page.locator(".box.network.role-G").hover()
    assert "4 of 4 parameters" in page.locator(".reads").inner_text()
    page.locator(".box.network.role-G").click()
    assert page.locator(".box.layer.role-G").count() == 3


@pytest.mark.browser
def test_no_label_is_clipped_and_none_is_under_9_px(page):
    """In every fold: text inside its frame, and its size on the screen."""
    wrong = """() => [...document.querySelectorAll('.live, .dead')].flatMap((box) => {
      if (!box.matches('.box')) return [];
      const frame = box.querySelector('.frame').getBoundingClientRect();
      return [...box.querySelectorAll('text')].filter((text) => {
        const at = text.getBoundingClientRect();
        const scale = text.getScreenCTM().a;
        return at.left < frame.left || at.right > frame.right || at.top < frame.top - 1
          || at.bottom > frame.bottom + 1
          || parseFloat(getComputedStyle(text).fontSize) * scale < 9;
      }).map((text) => text.textContent);
    })"""
    page.emulate_media(reduced_motion="reduce")
    for G in FOLDS:
        for D in FOLDS:
            turn(page, "folds", {"G": G, "D": D, "": "operation"})
            assert page.evaluate(wrong) == []


@pytest.mark.browser
def test_the_page_never_scrolls_sideways(page):
    turn(page, "folds", {"G": "operation", "D": "operation", "": "operation"})
    wide = (
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert page.evaluate(wide)


@pytest.mark.browser
def test_who_wants_no_motion_gets_none(page):
    page.emulate_media(reduced_motion="reduce")
    styles = "getComputedStyle(document.querySelector('.run')).animationName"
    assert page.evaluate(styles) == "none"
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(styles) == "gf-run"


@pytest.mark.browser
def test_leaving_stops_listening(page):
    page.evaluate("leave()")
    before = page.locator("svg[role=group]").inner_html()
    turn(page, "cut", True)
    assert page.locator("svg[role=group]").inner_html() == before
