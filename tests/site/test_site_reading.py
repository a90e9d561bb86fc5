"""What a reader of the built site sees and hears: fields, figures, code, controls."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from site_browser import PHONE, WIDE
from site_pages import LIVE, holding

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SLIDERS, GROUPS = holding("SliderModel"), holding("ToggleButtonsModel")

SEARCH = """form => {
    const [icon, field] = [form.querySelector("i"), form.querySelector("input")];
    const style = getComputedStyle(field);
    return {icon: icon.getBoundingClientRect().right,
        words: field.getBoundingClientRect().left + parseFloat(style.paddingLeft),
        rings: [form, field].flatMap(part => {
            const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(part);
            return [outlineStyle !== "none" && outlineWidth !== "0px",
                boxShadow !== "none"];
        }).filter(Boolean).length};
}"""
PAINTED_AGAIN = """() => new Promise(painted =>
    requestAnimationFrame(() => requestAnimationFrame(painted)))"""
DOWN = """([group, wanted]) => String(wanted) === String(
    [...group.querySelectorAll("button")].map(button => button.ariaPressed))"""
NUMBERS = """() => [...document.querySelectorAll(".widget-slider")].map(slider => [
    slider.querySelector("[role=slider]").getAttribute("aria-valuetext"),
    slider.querySelector(".widget-readout").textContent])"""


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["search.html", "notebooks/intro.html"])
def test_a_search_field_shows_its_first_letter_and_one_ring(visit, path, size):
    page = visit(path, size=size)
    page.keyboard.press("Control+k")
    field = page.wait_for_selector("form.bd-search input:focus")
    seen = field.evaluate(f"field => ({SEARCH})(field.form)")
    assert seen["icon"] < seen["words"]
    assert seen["rings"] == 1


def edges(code):
    """Grey levels along the top of a box of code: left end, middle, right end."""
    code.evaluate(PAINTED_AGAIN)
    shot = Image.open(BytesIO(code.screenshot())).convert("L")
    row = np.asarray(shot)[4]  # above the first line
    return row[[2, len(row) // 2, -3]].astype(int)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", [".cell_input", ".cell_output"])
def test_code_that_goes_on_past_an_edge_throws_a_shadow_there(visit, kind, theme):
    page = visit("notebooks/01_traces/follow_a_trace.html", size=PHONE, theme=theme)
    code = next(
        code
        for code in page.query_selector_all(f"{kind} pre")
        if code.evaluate("code => code.scrollWidth > code.clientWidth + 80")
    )
    left, ground, right = edges(code)
    assert abs(left - ground) < 4 < 15 < abs(right - ground)
    code.evaluate("code => code.scrollTo(9999, 0)")
    left, ground, right = edges(code)
    assert abs(right - ground) < 4 < 15 < abs(left - ground)


@pytest.mark.parametrize("path", SLIDERS)
def test_a_slider_says_the_number_that_stands_beside_it(visit, path):
    page = visit(path)
    handles = page.query_selector_all("[role=slider]")
    assert handles
    for handle in handles:
        for key in ("Home", "ArrowRight", "ArrowRight", "End"):
            handle.press(key)
            page.wait_for_function(f"() => ({NUMBERS})().every(([a, b]) => a === b)")


@pytest.mark.parametrize("path", SLIDERS)
def test_a_number_beside_a_slider_takes_only_what_moves_the_slider(visit, path):
    page = visit(path)
    for slider in page.query_selector_all(".widget-slider"):
        readout = slider.query_selector(".widget-readout")
        if not readout.is_visible():  # the widget says where it stands elsewhere
            continue
        if not readout.evaluate("readout => readout.isContentEditable"):
            assert readout.get_attribute("role") is None
            continue
        assert readout.get_attribute("role") == "textbox"
        readout.fill("7")
        readout.press("Enter")
        handle = slider.query_selector("[role=slider]")
        now, most = (
            float(handle.get_attribute(f"aria-value{end}")) for end in ("now", "max")
        )
        shown = float(readout.text_content())
        near = {"abs": 0.051}  # to one decimal, a slider of exponents by the exponent
        ends = (pytest.approx(most, **near), pytest.approx(10**most, **near))
        assert shown == 7 or shown in ends
        assert now in (
            pytest.approx(shown, **near),
            pytest.approx(np.log10(shown), **near),
        )


@pytest.mark.parametrize("path", GROUPS)
def test_a_group_of_buttons_has_a_name_and_says_which_one_is_down(visit, path):
    page = visit(path)
    groups = page.query_selector_all(".widget-toggle-buttons")
    assert groups
    for group in groups:
        assert group.get_attribute("role") == "group"
        assert group.get_attribute("aria-label")
        buttons = group.query_selector_all("button")
        for place in reversed(range(len(buttons))):
            buttons[place].click()
            wanted = [str(i == place).lower() for i in range(len(buttons))]
            page.wait_for_function(DOWN, arg=[group, wanted])


@pytest.mark.parametrize("path", holding("PlayModel"))
def test_play_shows_signs_says_their_names_and_moves_the_clock(visit, path):
    page = visit(path)
    signs = page.eval_on_selector_all(
        ".widget-play button",
        """buttons => buttons.filter(button => button.offsetWidth).map(button => [
            button.ariaLabel,
            getComputedStyle(button.querySelector("i"), "::before").content])""",
    )
    assert [name for name, _ in signs] == ["play", "stop"]
    assert {sign for _, sign in signs}.isdisjoint({"none", "normal", '""'})
    moved = f"start => JSON.stringify(({NUMBERS})()) !== JSON.stringify(start)"
    start = page.evaluate(NUMBERS)
    button = page.query_selector(".widget-play button")
    button.click()
    page.wait_for_function(moved, arg=start)
    assert button.get_attribute("aria-label") == "pause"
    button.click()
    page.wait_for_function("button => button.ariaLabel === 'play'", arg=button)
    still = page.evaluate(NUMBERS)
    page.wait_for_timeout(400)  # four steps of the clock, if it went on
    assert page.evaluate(NUMBERS) == still


@pytest.mark.parametrize("path", holding("gf-fold"))
def test_what_folds_is_opened_by_keyboard_and_says_that_it_is_open(visit, path):
    page = visit(path)
    heads = page.query_selector_all(".gf-fold[aria-expanded]")
    assert heads
    for head in heads:
        inside = head.evaluate_handle("head => head.nextElementSibling")
        for key, is_open in (("Enter", False), ("Space", True)):
            assert inside.as_element().is_visible() != is_open
            head.press(key)
            page.wait_for_function(
                "([head, open]) => head.ariaExpanded === String(open)",
                arg=[head, is_open],
            )
        assert inside.as_element().is_visible()
        assert head.evaluate("head => head.tagName") == "BUTTON"
        assert head.text_content().strip()


def test_on_a_phone_the_switches_below_a_list_stand_in_one_row(visit):
    page = visit("notebooks/02_cuts/cut_the_trace.html", size=PHONE)
    switches = page.query_selector_all(".widget-checkbox")
    heights = {switch.bounding_box()["y"] for switch in switches}
    assert (len(switches), len(heights)) == (2, 1)


@pytest.mark.parametrize("path", LIVE)
def test_without_javascript_a_line_stands_where_a_widget_would(browser, host, path):
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{host}/{path}")
    places = page.query_selector_all(".cell_output:has(> [type*=widget-view])")
    assert places
    for place in places:
        said = place.evaluate("place => getComputedStyle(place, '::before').content")
        assert "needs JavaScript" in said
        still = 0
        if picture := place.query_selector(".gf-first-view"):
            picture.scroll_into_view_if_needed()
            image = picture.query_selector("img")
            assert image.evaluate("image => image.decode().then(() => image.width)")
            still = picture.bounding_box()["height"]
        assert place.bounding_box()["height"] - still < 100
    page.close()
