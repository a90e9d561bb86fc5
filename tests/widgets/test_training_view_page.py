"""The training view on a page: what a reader sees, scrubs through and hears."""

import pytest
from fake_run import fake_run
from widget_pages import give, view_alone

from ganflow.widgets.training_view.view import TrainingView, labels, packed

SAID = "start => document.querySelector('.voice').innerText.startsWith(start)"
HEAR = """() => {
  window.heard = [];
  const voice = document.querySelector(".voice");
  const hear = () => heard.push(voice.innerText);
  new MutationObserver(hear).observe(voice, {childList: true});
}"""


@pytest.fixture(params=[1000, 375], ids=["wide", "phone"])
def page(request, chromium):
    """The view alone on a page, at its second snapshot of three."""
    view = TrainingView()
    view.show(fake_run(size=8))
    view.at = 1
    with view_alone(chromium, view, request.param) as page:
        page.wait_for_selector(".gf-training canvas[aria-label]")
        yield page


def pictures(page):
    return page.eval_on_selector_all("canvas", "all => all.map(c => c.toDataURL())")


@pytest.mark.browser
def test_scrubbing_moves_pictures_curves_and_words_together(page):
    before, said = pictures(page), page.locator(".says").inner_text()
    give(page, at=2)
    after = pictures(page)
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
    page.evaluate(HEAR)
    page.evaluate("[0, 2, 0].forEach(at => model.choose({at}))")  # in one breath
    page.wait_for_function(SAID, arg="Tick 0,")
    assert [words.split(",")[0] for words in page.evaluate("heard")] == ["Tick 0"]


@pytest.mark.browser
def test_a_longer_record_is_taken_over_while_it_trains(page):
    run = fake_run(ticks=2000, snapshots=5, size=8)
    give(page, record_=labels(run), at=4, film=packed(run))
    assert "Tick 2000" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_a_slider_that_is_ahead_of_the_film_shows_its_last_snapshot(page):
    give(page, at=7)
    assert "Tick 1000" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_before_the_first_snapshot_it_says_so(page):
    give(page, record_={}, at=0)
    assert "has not begun" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_the_page_never_scrolls_sideways_and_the_height_stays(page):
    wide = (
        "document.documentElement.scrollWidth <= document.body.parentNode.clientWidth"
    )
    heights = set()
    for at in (0, 1, 2):
        give(page, at=at)
        heights.add(page.locator(".gf-training").bounding_box()["height"])
        assert page.evaluate(wide)
    assert len(heights) == 1


@pytest.mark.browser
def test_leaving_stops_listening(page):
    page.evaluate("leave()")
    before = pictures(page)
    give(page, at=2)
    assert pictures(page) == before
