"""The live view on a page: what a reader sees, turns and hears."""

from itertools import product

import pytest
from small_step import small_networks, small_step
from widget_pages import give, view_alone

from ganflow.layout import FOLDS
from ganflow.widgets.trace_view import TraceView
from ganflow.widgets.trace_view.recording import record_states


@pytest.fixture(scope="module")
def states():
    players = small_networks()
    return record_states(small_step(**players), players)


@pytest.fixture(params=[1000, 375], ids=["wide", "phone"])
def page(request, chromium, states):
    """The view alone on a page."""
    with view_alone(chromium, TraceView.record(states), request.param) as page:
        page.wait_for_selector(".box.live")
        yield page


@pytest.mark.browser
def test_switching_changes_the_picture_and_the_words(page):
    before = page.locator("svg[role=group]").inner_html()
    give(page, cut=True)
    assert page.locator("svg[role=group]").inner_html() != before
    assert page.locator("g.cut text").all_text_contents() == ["detach"]
    said = page.locator(".says[aria-live=polite]")
    assert "never arrives in G (cut: detach)" in said.inner_text()
    give(page, frozen=True)
    shown = page.locator(".says").filter(visible=True)
    assert ["has no history" in text for text in shown.all_inner_texts()] == [True]
    assert "has no history" not in page.locator(".sheet, .flow").first.inner_text()
    assert page.locator(".box").count() > 0 and page.locator(".box.absent").count() > 0
    give(page, loss=7)
    assert "Nothing was recorded" in said.inner_text()
    assert page.locator(".flow > *").filter(visible=True).count() == 0


@pytest.mark.browser
def test_the_height_stays_whatever_is_chosen(page):
    """No switch makes the page jump below the picture; only its own words may wrap."""
    heights = set()
    for loss, cut, frozen in product((0, 1), (False, True), (False, True)):
        give(page, loss=loss, cut=cut, frozen=frozen)
        heights.add(page.locator(".gf-trace").bounding_box()["height"])
    assert len(heights) == 1


@pytest.mark.browser
@pytest.mark.parametrize("title, presses", [("loss_G", 3), ("D", 3), ("G", 3)])
def test_the_focus_never_lands_on_what_is_not_there(page, title, presses):
    """With loss_G, x_real and D's way from it are ghosts."""
    give(page, loss=1)
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
            give(page, folds={"G": G, "D": D, "": "operation"})
            assert page.evaluate(wrong) == []


@pytest.mark.browser
def test_the_page_never_scrolls_sideways(page):
    give(page, folds={"G": "operation", "D": "operation", "": "operation"})
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
    give(page, cut=True)
    assert page.locator("svg[role=group]").inner_html() == before
