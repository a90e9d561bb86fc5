"""How a lab comes into its page, and what stands there where it cannot run."""

import pytest
from site_browser import PHONE, WIDE
from site_pages import holding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LABS = holding('class="gf-first-view"')
TRAINING = holding("gf-mixture .steps")
FRAMES = 'performance.getEntriesByName("gf-mixture").length'
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
ON_ITS_WAY = "**/embed-amd.js"  # what every widget waits for
WITHOUT = {
    "WebAssembly": "delete globalThis.WebAssembly",
    "SIMD": "WebAssembly.validate = () => false",
}
BEYOND = """place => {
    const { right } = place.getBoundingClientRect();
    const ends = (one) => one.getBoundingClientRect().right;
    return [...place.querySelectorAll(".widget-subarea :not(.voice)")]
        .filter((one) => one.checkVisibility() && ends(one) > right + 0.5)
        .map((one) => one.className || one.tagName);
}"""
SHIFTS = """window.shifted = 0;
new PerformanceObserver((seen) => {
    for (const { value } of seen.getEntries()) window.shifted += value;
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture
def tab(browser, host):
    """Open a page of its own for one test: tab(path, script that runs before it)."""
    opened = []

    def open_tab(path, *, script="", late=None, **how):
        page = browser.new_page(**how)
        opened.append(page)
        page.add_init_script(script)
        if late:
            page.route(late, lambda route: None)
        page.goto(f"{host}/{path}", wait_until="domcontentloaded" if late else "load")
        return page

    yield open_tab
    for page in opened:
        page.close()


def lab_in(page):
    """The place of the page's lab, which a reader has come to."""
    place = page.query_selector(".cell_output:has(> .gf-first-view)")
    place.evaluate("place => place.scrollIntoView()")
    return place


def picture_of(place):
    """What is seen of a lab's picture: its width in px, loaded; and its sentence."""
    picture, sentence = place.query_selector_all(".gf-first-view > *")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert sentence.is_visible() and sentence.text_content().endswith(".")
    return picture.bounding_box()["width"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", LABS)
def test_a_picture_stands_where_a_lab_is_on_its_way(tab, path, size):
    page = tab(path, late=ON_ITS_WAY, viewport=size)
    place = lab_in(page)
    assert picture_of(place) > 500
    assert place.get_attribute("data-live") == "loading"
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", LABS)
def test_nothing_jumps_when_a_lab_comes(tab, path, size):
    page = tab(path, script=SHIFTS, viewport=size)
    page.wait_for_load_state("networkidle")
    page.evaluate("MathJax.startup.promise.then(() => true)")
    place = lab_in(page)
    page.evaluate("window.shifted = 0")
    page.wait_for_function("place => place.dataset.live === 'ready'", arg=place)
    page.wait_for_timeout(300)  # two dozen frames
    assert page.evaluate("shifted") < 0.02
    assert not place.query_selector(".gf-first-view").is_visible()


@pytest.mark.parametrize("width", [375, 390])
@pytest.mark.parametrize("path", LABS)
def test_a_lab_is_no_wider_than_its_column(tab, path, width):
    page = tab(path, viewport=PHONE | {"width": width})
    place = lab_in(page)
    page.wait_for_function("place => place.dataset.live === 'ready'", arg=place)
    for head in place.query_selector_all("[aria-expanded=false]"):
        head.click()
    scrolls, fits = place.evaluate("place => [place.scrollWidth, place.clientWidth]")
    assert scrolls <= fits < width
    assert place.evaluate(BEYOND) == []


@pytest.mark.parametrize("missing", WITHOUT)
@pytest.mark.parametrize("path", LABS)
def test_without_what_it_needs_a_lab_leaves_its_picture_and_says_why(
    tab, path, missing
):
    page = tab(path, script=WITHOUT[missing])
    place = lab_in(page)
    page.wait_for_function("place => place.dataset.live === 'cannot'", arg=place)
    said = place.query_selector(".gf-cannot").text_content()
    assert said[0].isupper() and missing in said and "needs" in said
    assert picture_of(place) > 500
    controls = place.query_selector_all("input, select, button, [role=slider]")
    assert [one for one in controls if one.is_visible()] == []


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("path", LABS)
def test_paper_gets_the_lab_or_its_picture(tab, path, drawn):
    page = tab(path, late=None if drawn else ON_ITS_WAY)
    place = lab_in(page)
    if drawn:
        page.wait_for_function("place => place.dataset.live === 'ready'", arg=place)
    page.emulate_media(media="print")
    assert place.query_selector(".gf-first-view").is_visible() != drawn
    before = place.evaluate("place => getComputedStyle(place, '::before').display")
    assert before == "none" or drawn
    assert drawn or picture_of(place) > 500


def rests(page):
    """Whether no frame is worked in for half a second, from a frame after now."""
    page.wait_for_timeout(200)
    before = page.evaluate(FRAMES)
    page.wait_for_timeout(500)
    return page.evaluate(FRAMES) == before


def goes_on(page):
    """Wait until ten more frames have been worked in."""
    more = page.evaluate(FRAMES) + 10
    page.wait_for_function(f"{FRAMES} >= {more}")


@pytest.mark.parametrize("path", TRAINING)
def test_a_click_leaves_the_field_and_starts_what_was_typed(tab, path):
    page = tab(path)
    lab_in(page)
    page.fill("[data-live=ready] .widget-text input >> nth=0", "D D D G")
    page.click(".gf-mixture .steps button")
    goes_on(page)
    assert "G reads D3" in page.text_content(".gf-mixture .pair")


@pytest.mark.parametrize("path", TRAINING)
def test_nothing_trains_unasked_out_of_sight_or_on_a_hidden_page(tab, path):
    page = tab(path)
    place = lab_in(page)
    page.wait_for_selector("[data-live=ready] .gf-mixture .steps")
    assert page.evaluate(FRAMES) == 0 and rests(page)
    page.click(".gf-mixture .steps button")
    goes_on(page)
    page.evaluate("scrollTo(0, 0)")
    assert rests(page)
    place.evaluate("place => place.scrollIntoView()")
    goes_on(page)
    page.evaluate(HIDE, True)
    assert rests(page)
    page.evaluate(HIDE, False)
    goes_on(page)
    page.click(".gf-mixture .steps button")  # which says pause now
    assert rests(page)
