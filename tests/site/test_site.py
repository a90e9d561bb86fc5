"""The built site, read in Chromium: offline, live, by keyboard, in both themes.

Without Chromium or a built site these tests are skipped and say why; with
GANFLOW_REQUIRE_BROWSER=1 they fail instead.
"""

import pytest
from page_cost import BUDGETS, weight_of
from site_browser import (
    CONTROLS,
    LOOKS,
    PHONE,
    PICTURES,
    asleep,
    at,
    changed,
    move_by_keyboard,
    move_by_mouse,
    open_page,
)
from site_pages import LIVE, PAGES, ROOT, holding

FIGURES = holding("<img alt=")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SMALLEST = 600  # px across for a still figure: its 12 pt letters stay above 9 px
NARROW = (320, 360, 375, 390, 412)  # px across, of common phones
ALONE = """() => [...document.querySelectorAll(".bd-article .math")].filter(math => {
    const next = math.nextSibling;
    if (!/^[.,;:)?!]/.test(next?.data ?? "")) return false;
    const mark = document.createRange();
    mark.setStart(next, 0);
    mark.setEnd(next, 1);
    return mark.getBoundingClientRect().left < math.getBoundingClientRect().right - 1;
}).map(math => math.parentElement.textContent)"""
BROKEN = """() => [...document.querySelectorAll(".bd-article td code")].filter(code => {
    const text = code.querySelector(".pre")?.firstChild;
    const height = place => {
        const letter = document.createRange();
        letter.setStart(text, place);
        letter.setEnd(text, place + 1);
        return letter.getBoundingClientRect().top;
    };
    const inside = [...(text?.data ?? "").matchAll(/\\w(?=\\w)/g)];
    return inside.some(({index}) => height(index) !== height(index + 1));
}).map(code => code.textContent)"""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module", params=PAGES)
def page(request, browser, host):
    """One visit of each page, for all tests that only look at it."""
    opened = open_page(browser, f"{host}/{request.param}")
    opened.path = opened.url.removeprefix(f"{host}/")  # index.html leads to another
    opened.weight = weight_of(opened)
    yield opened
    opened.close()


def test_a_page_asks_no_other_host_and_logs_no_error(page, host):
    local = (f"{host}/", "data:", f"blob:{host}/")
    assert [url for url in page.asked if not url.startswith(local)] == []
    assert page.complaints == []


def test_a_page_loads_only_what_it_shows(page):
    text = "\n".join(page.asked)
    assert ("vendor/widgets/" in text) == (page.path in LIVE)
    assert ("vendor/mathjax/" in text) == bool(page.query_selector(".math"))
    assert "fontawesome" not in text


def test_the_first_paint_does_not_wait_for_the_widget_manager(page):
    painted, loaded = page.evaluate("""[
        performance.getEntriesByName("first-contentful-paint")[0].startTime,
        performance.getEntriesByType("resource")
            .find(entry => entry.name.includes("embed-amd"))?.startTime]""")
    assert (loaded is not None) == (page.path in LIVE)
    assert loaded is None or painted < loaded


def test_a_page_weighs_no_more_than_its_budget(page):
    assert 0 < page.weight.early <= BUDGETS["early"]
    assert page.weight.early <= page.weight.total <= BUDGETS["total"]


def test_every_image_has_words_for_who_cannot_see_it(page):
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
def test_axe_finds_no_serious_violation(page, theme):
    """In the dark theme only colours are others, so its rules on colours are asked."""
    at(page, theme=theme)
    page.evaluate(AXE.read_text())  # a script tag would offend the page's policy
    rules = {} if theme == "light" else {"runOnly": ["cat.color"]}
    found = page.evaluate("rules => axe.run(rules).then(r => r.violations)", rules)
    grave = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_a_phone_never_scrolls_sideways(page):
    at(page, size=PHONE)
    page.evaluate("window.scrollTo(1000, 0)")
    assert page.evaluate("[scrollX, document.documentElement.scrollWidth]") == [0, 375]


def test_on_a_phone_a_figure_stays_legible_and_says_that_it_scrolls(page):
    figures = at(page, size=PHONE).query_selector_all(".cell_output img")
    assert figures or page.path not in FIGURES
    for figure in figures:
        natural, shown = figure.evaluate("image => [image.naturalWidth, image.width]")
        assert shown >= min(natural, SMALLEST)
        box = figure.evaluate_handle("image => image.parentElement")
        hidden = box.evaluate("box => box.scrollWidth > box.clientWidth + 1")
        hint = box.evaluate("box => getComputedStyle(box, '::before').content")
        assert ("scroll" in hint) == hidden
        if hidden:
            box.evaluate("box => box.scrollTo(9999, 0)")
            assert box.evaluate("box => box.tabIndex === 0 && box.scrollLeft > 0")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_on_a_phone_no_name_in_a_table_breaks_inside_a_word(page):
    assert at(page, size=PHONE).evaluate(BROKEN) == []


def test_on_a_phone_no_full_stop_stands_alone_below_its_formula(page):
    for width in NARROW:
        at(page, size={"width": width, "height": 800})
        assert page.evaluate(ALONE) == [], f"at {width} px"


@pytest.mark.parametrize("path", LIVE)
def test_widgets_that_do_not_arrive_say_so(browser, host, path):
    page = browser.new_page()
    page.route("**/embed-amd.js", lambda route: route.abort())
    page.goto(f"{host}/{path}")
    page.query_selector("[data-live]").scroll_into_view_if_needed()
    place = page.wait_for_selector("[data-live=failed]")
    assert place.get_attribute("aria-busy") == "false"
    page.close()


@pytest.mark.parametrize("path", LIVE)
def test_every_control_shows_that_the_keyboard_is_on_it(visit, path):
    page = visit(path)
    page.keyboard.press("Tab")
    for control in page.query_selector_all(CONTROLS):
        if asleep(control):
            continue
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
        if asleep(control):
            continue
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
