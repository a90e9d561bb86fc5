"""The flow picture on a page: what a reader sees and hears when a button is pressed."""

from itertools import product

import pytest
from small_pair import small_pair
from widget_pages import give, view_alone

from ganflow.widgets.flow_picture.recording import record_flow_picture
from ganflow.widgets.flow_picture.view import FlowPictureView

OUTSIDE = """() => {
  const svg = document.querySelector("svg"), box = svg.viewBox.baseVal;
  return [...svg.querySelectorAll("text, rect, circle")].filter((part) => {
    if (part.closest("defs")) return false;
    const { x, y, width, height } = part.getBBox();
    return x < 0 || y < 0 || x + width > box.width || y + height > box.height;
  }).map((part) => part.outerHTML);
}"""
TOUCHING = """() => {
  const words = [...document.querySelectorAll("svg text")].filter((t) => t.textContent);
  const boxes = words.map((word) => word.getBBox());
  return words.flatMap((word, i) => words.slice(i + 1).filter((_, k) => {
    const [a, b] = [boxes[i], boxes[i + 1 + k]];
    const apart = a.x + a.width < b.x || b.x + b.width < a.x
      || a.y + a.height * 0.8 < b.y || b.y + b.height * 0.8 < a.y;
    return !apart;
  }).map((other) => `${word.textContent} on ${other.textContent}`));
}"""


@pytest.fixture(scope="module")
def record():
    return record_flow_picture(**small_pair())


@pytest.fixture(params=[784, 342], ids=["wide", "phone"])
def page(request, chromium, record):
    """The view alone on a page: loss_G, nothing cut, nobody frozen."""
    view = FlowPictureView(record, loss=1)
    with view_alone(chromium, view, request.param) as page:
        page.wait_for_selector("svg[aria-label]")
        yield page


def choose(page, loss, cut, freeze):
    give(page, loss=loss, cut=cut, freeze=freeze)


@pytest.mark.browser
def test_a_cut_takes_G_its_gradient_and_a_cross_stands_on_the_path(page):
    assert page.locator(".player.G.moves").count() == 1
    assert page.locator(".live .tip").count() == 2
    assert page.locator(".through").count() == 1
    assert page.locator(".cross").count() == 0
    choose(page, 1, 1, 0)
    assert page.locator(".player.G.stays").count() == 1
    assert page.locator(".live .tip").count() == 1
    assert page.locator(".cut .cross").count() == 1
    assert page.locator(".through").count() == 0
    assert page.locator(".player.G .grad").inner_html() == "None"
    assert page.locator(".code .changed").inner_text() == "x_fake = G(z).detach()"
    said = page.locator(".says[aria-live=polite]").inner_text()
    assert said.startswith("G learns nothing: detach cuts its path")


@pytest.mark.browser
def test_where_backward_raises_no_arrow_is_drawn_and_the_step_is_struck_out(page):
    choose(page, 1, 3, 0)
    assert page.locator(".live").count() == 0
    assert page.locator(".code .raises").inner_text() == "loss_G.backward()"
    assert page.locator(".code .never").inner_text() == "opt_G.step()"
    assert "does not require grad" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_D_sees_the_real_ones_only_in_its_own_loss(page):
    assert "score_real" not in page.locator("svg").text_content()
    choose(page, 0, 3, 0)
    assert page.locator(".live .tip").count() == 1
    assert "learns from x_real only" in page.locator(".says").inner_text()


@pytest.mark.browser
def test_every_state_fits_its_picture_and_keeps_the_height(page):
    heights = set()
    for at in product(range(2), range(4), range(3)):
        choose(page, *at)
        assert page.evaluate(OUTSIDE) == [], at
        assert page.evaluate(TOUCHING) == [], at
        code = page.locator(".code")
        assert code.evaluate("c => c.scrollWidth - c.clientWidth") <= 0, at
        heights.add(page.locator(".gf-picture").bounding_box()["height"])
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, at
    assert len(heights) == 1


@pytest.mark.browser
def test_the_picture_is_named_for_who_cannot_see_it(page):
    before = page.locator("svg[role=img]").get_attribute("aria-label")
    choose(page, 0, 0, 0)
    after = page.locator("svg[role=img]").get_attribute("aria-label")
    assert "of loss_G" in before and "D moves" in after and before != after


@pytest.mark.browser
def test_nothing_runs_along_the_arrows_for_who_wants_no_motion(page):
    moving = "document.getAnimations().filter(a => a.animationName).length"
    assert page.evaluate(moving) == 2
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


@pytest.mark.browser
def test_a_choice_that_was_not_recorded_is_said_in_words(page):
    choose(page, 0, 9, 0)
    assert "Nothing was recorded" in page.locator(".says").inner_text()
    assert page.locator("svg").count() == 0


@pytest.mark.browser
def test_leaving_stops_listening(page):
    page.evaluate("leave()")
    before = page.locator("#here").inner_html()
    choose(page, 0, 1, 0)
    assert page.locator("#here").inner_html() == before
