"""The built site, read in Chromium: offline, live, by keyboard, in both themes.

Without Chromium or a built site these tests are skipped and say why; with
GANFLOW_REQUIRE_BROWSER=1 they fail instead.
"""

import pytest
from site_browser import (
    CONTROLS,
    LOOKS,
    PHONE,
    PICTURES,
    changed,
    move_by_keyboard,
    move_by_mouse,
)
from site_pages import LIVE, PAGES, ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_other_host_and_logs_no_error(read, host, path):
    page = read(path)
    local = (f"{host}/", "data:", f"blob:{host}/")
    assert [url for url in page.asked if not url.startswith(local)] == []
    assert page.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_what_it_shows(read, host, path):
    page = read(path)
    text = "\n".join(page.asked)
    shown = page.url.removeprefix(f"{host}/")  # index.html leads to the first page
    assert ("vendor/widgets/" in text) == (shown in LIVE)
    assert ("vendor/mathjax/" in text) == bool(page.query_selector(".math"))
    assert "fontawesome" not in text


@pytest.mark.parametrize("path", LIVE)
def test_the_first_paint_does_not_wait_for_the_widget_manager(read, path):
    page = read(path)
    painted, loaded = page.evaluate("""[
        performance.getEntriesByName("first-contentful-paint")[0].startTime,
        performance.getEntriesByType("resource")
            .find(entry => entry.name.includes("embed-amd")).startTime]""")
    assert painted < loaded


@pytest.mark.parametrize("path", LIVE)
def test_widgets_that_do_not_arrive_say_so(browser, host, path):
    page = browser.new_page()
    page.route("**/embed-amd.js", lambda route: route.abort())
    page.goto(f"{host}/{path}")
    page.query_selector("[data-live]").scroll_into_view_if_needed()
    place = page.wait_for_selector("[data-live=failed]")
    assert place.get_attribute("aria-busy") == "false"
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_image_has_words_for_who_cannot_see_it(read, path):
    page = read(path)
    named = page.eval_on_selector_all(
        "main img", "images => images.map(image => [image.src, image.alt])"
    )
    for source, words in named:
        assert len(words.split()) > 2, f"{source} has no alt text but {words!r}"
    for image in page.query_selector_all("main :is(svg, canvas)[role=img]"):
        assert page.evaluate(
            "image => image.ariaLabel || image.querySelector(':scope > title')", image
        )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_serious_violation(visit, path, theme):
    page = visit(path, theme=theme)
    page.evaluate(AXE.read_text())  # a script tag would offend the page's policy
    found = page.evaluate("axe.run().then(report => report.violations)")
    grave = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert grave == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_never_scrolls_sideways(visit, path):
    page = visit(path, size=PHONE)
    page.evaluate("window.scrollTo(1000, 0)")
    assert page.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, 375]


@pytest.mark.parametrize("path", LIVE)
def test_every_control_shows_that_the_keyboard_is_on_it(visit, path):
    page = visit(path)
    page.keyboard.press("Tab")
    for control in page.query_selector_all(CONTROLS):
        control.focus()
        look = control.evaluate("c => getComputedStyle(c).outline")
        assert "solid 3px" in look, control.evaluate("c => c.outerHTML")


@pytest.mark.parametrize("move", [move_by_keyboard, move_by_mouse])
@pytest.mark.parametrize("path", LIVE)
def test_every_control_changes_a_picture_and_every_picture_changes(visit, path, move):
    """No kernel runs here: what moves is the page alone."""
    page = visit(path)
    controls = page.query_selector_all(CONTROLS)
    pictures = len(page.query_selector_all(PICTURES))
    assert controls and pictures
    moved = set()
    for control in controls:
        before = page.eval_on_selector_all(PICTURES, LOOKS)
        seen = set()
        for _ in move(page, control):
            seen |= changed(page, before)
            if seen:
                break
        assert seen, f"nothing changes with {control.evaluate('c => c.outerHTML')}"
        moved |= seen
    assert moved == set(range(pictures)), "a picture answers no control"
    assert page.complaints == []
