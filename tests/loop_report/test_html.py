"""The report as one HTML file, opened from a folder as a reader does."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from contrast import contrast
from loop_samples import ALL

from ganflow.loop_report.html import STYLE, as_html

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
EMPTY = {"meta", "link", "br", "hr"}
TOKEN = re.compile(r"--([\w-]+): (#\w{6})")


class Outline(HTMLParser):
    """Whether tags close in order; headings, ids and addresses."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.heads, self.asks = [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag in EMPTY:
            return
        self.open.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.asks += [v for k, v in attrs if k in ("src", "href", "srcset")]
        if re.fullmatch("h[1-6]", tag):
            self.heads.append(int(tag[1]))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_the_page_is_whole_and_asks_nobody(make):
    text = as_html(make())
    outline = Outline(text)
    assert len(set(outline.ids)) == len(outline.ids)
    assert outline.heads[0] == 1 and outline.heads.count(1) == 1
    steps = zip(outline.heads, outline.heads[1:], strict=False)
    assert all(after - one <= 1 for one, after in steps)
    assert set(outline.asks) <= {"#findings"}
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org)", text)
    assert text == as_html(make())


def test_sections_of_the_book_are_links_only_where_its_address_is_known():
    plain = Outline(as_html(ALL["faults"]()))
    linked = Outline(as_html(ALL["faults"](), book="https://example.org/book"))
    assert plain.asks == ["#findings"]
    assert (
        "https://example.org/book/notebooks/10_errors/read_the_error.html"
        in linked.asks
    )


def test_what_was_seen_not_there_and_unknown_are_said():
    empty = as_html(ALL["empty"]())
    assert "Not there: no backward pass reached a player." in empty
    assert "Unknown: no operations were counted." in empty
    assert "Nothing wrong, doubtful or wasted was seen." in empty
    assert "A tensor came in from NumPy" in as_html(ALL["blind"]())


def test_a_report_is_saved_in_the_form_of_its_name(tmp_path):
    report = ALL["faults"]()
    starts = {".txt": "LOOP", ".json": "{", ".sarif": "{", ".html": "<!doctype html>"}
    for ending, start in starts.items():
        assert report.save(tmp_path / f"r{ending}").read_text().startswith(start)
    with pytest.raises(
        ValueError, match=r"'.pdf'; a report is written to .* .txt, .json"
    ):
        report.save(tmp_path / "r.pdf")


def test_a_notebook_shows_the_picture_and_the_whole_report():
    shown = ALL["faults"]()._repr_html_()
    assert shown.count('class="step"') == 4
    assert "LOOP REPORT" in shown and "<script" not in shown
    Outline(shown)


def test_the_page_has_the_books_colours_and_words_that_can_be_read():
    page = STYLE.read_text()
    book = (ROOT / "book/_static/ganflow.css").read_text()
    for i in (0, 1):  # light, dark
        own = dict(TOKEN.findall(page.split("@media")[i]))
        theirs = dict(TOKEN.findall(book.split('html[data-theme="dark"]')[i]))
        shared = {name for name in own if name.startswith("gf-")}
        assert len(shared) == 8
        assert {n: own[n] for n in shared} == {n: theirs[n] for n in shared}
        for name in ("gf-ink", "gf-soft", "gf-link", "error", "warning"):
            assert contrast(own[name], own["gf-paper"]) >= 4.5
        marks = re.findall(r"\.other\d \{ --own: (#\w+)", page)
        assert len(marks) == 4
        for mark in (*marks, own["gf-G"], own["gf-D"]):
            assert contrast(mark, own["gf-paper"]) >= 3


@pytest.fixture(params=[("light", 1200), ("dark", 1200), ("light", 375)], ids=str)
def opened(request, chromium, tmp_path):
    """Open a sample's page in one theme and width; nothing may go wrong or out."""
    theme, width = request.param
    page = chromium.new_page(
        viewport={"width": width, "height": 800}, color_scheme=theme
    )
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: wrong.append(asked.url))

    def open_(name):
        file = ALL[name]().save(tmp_path / f"{name}.html")
        page.goto(file.as_uri())
        page.wait_for_selector(".says, .gf-timeline > p")
        return page

    yield open_
    assert [url for url in wrong if not url.startswith("file:")] == []
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["faults", "stylegan", "three", "empty"])
def test_nothing_sticks_out_and_axe_finds_nothing(opened, name):
    page = opened(name)
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


@pytest.mark.browser
def test_a_tap_pins_a_step_and_the_arrow_keys_go_on(opened):
    page = opened("simultaneous")
    says, steps = page.locator(".says"), page.locator(".step")
    assert says.inner_text().startswith("Point at a step, tap it")
    page.locator(".step > .box").nth(1).click()
    assert says.inner_text() == steps.nth(1).get_attribute("aria-label")
    assert page.locator(".box.seen").get_attribute("data-box") == "D-2"
    page.keyboard.press("ArrowRight")
    assert says.inner_text().startswith("D4: D moves at train.py:42")
    assert page.evaluate("document.activeElement.tabIndex") == 0
    assert page.locator('.step[tabindex="0"]').count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".step.on").count() == 0
    page.locator(".step > .box").nth(0).hover()
    assert says.inner_text().startswith("D3: D moves at train.py:42")


@pytest.mark.browser
def test_a_step_that_is_out_of_sight_scrolls_in_when_it_is_reached(opened):
    page = opened("stylegan")
    page.locator(".step").nth(0).focus()
    page.keyboard.press("End")
    page.wait_for_timeout(100)
    inside = """() => {
      const one = document.activeElement.getBoundingClientRect();
      const sheet = document.querySelector(".scroll").getBoundingClientRect();
      return one.right <= sheet.right + 1 && one.left >= sheet.left - 1;
    }"""
    assert page.evaluate(inside)
