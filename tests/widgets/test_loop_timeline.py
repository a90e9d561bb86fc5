"""The timeline of versions as a widget: on a page without a kernel, loop by loop."""

import pytest
from ipywidgets import ToggleButtons
from loop_samples import ALL
from widget_pages import give, links, view_alone

from ganflow.widgets.loop_timeline import LoopTimelineView, loop_timeline

NAMES = ("alternating", "simultaneous", "empty")


@pytest.fixture(params=[784, 342], ids=["wide", "phone"])
def page(request, chromium):
    view = LoopTimelineView(*(ALL[name]() for name in NAMES))
    with view_alone(chromium, view, request.param) as page:
        yield page


def test_several_loops_have_a_row_of_buttons_and_one_has_none():
    box = loop_timeline({name: ALL[name]() for name in NAMES}, loop=1)
    row, view = box.children
    assert isinstance(row, ToggleButtons)
    assert row.options == NAMES and row.index == view.loop == 1
    assert links(box) == {(row.model_id, "index", view.model_id, "loop")}
    (alone,) = loop_timeline(ALL["critic"]()).children
    assert alone.loop == 0
    assert alone.titles[0].startswith("5 critic steps. It is settled: after 18 moves")


def test_no_report_is_refused():
    with pytest.raises(ValueError, match="reports is empty; expected one"):
        loop_timeline({})


@pytest.mark.browser
def test_a_button_shows_another_loop_and_its_steps_answer(page):
    title = page.locator(".title")
    assert title.inner_text().startswith("alternating")
    page.locator(".step > .box").nth(1).click()
    assert page.locator(".says").inner_text().endswith("It reads D3 (newest).")
    page.mouse.move(1, 1)  # off the picture, which would show what it lies on
    give(page, loop=1)
    assert title.inner_text().startswith("simultaneous")
    assert page.locator(".step.on").count() == 0
    page.locator(".step > .box").nth(1).click()
    assert page.locator(".says").inner_text().endswith("It reads D2 (1 move back).")
    assert page.locator(".step.on .line.stale").count() == 1
    assert page.locator(".says").count() == 1


@pytest.mark.browser
def test_a_loop_without_a_step_and_one_that_is_not_there_say_so(page):
    give(page, loop=2)
    assert "No step was seen" in page.locator(".gf-timeline").inner_text()
    give(page, loop=3)
    assert "no report of this loop" in page.locator(".title").inner_text()
    assert page.locator(".gf-timeline").count() == 0


@pytest.mark.browser
def test_the_picture_scrolls_and_the_page_does_not(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_what_render_returns_ends_it(page):
    page.evaluate("leave()")
    give(page, loop=1)
    assert page.locator(".title").inner_text().startswith("alternating")
    assert page.locator(".says").count() == 0
