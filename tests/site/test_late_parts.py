"""What comes late on a page is left out of its HTML, is where it says, and is light."""

import json
import re
from types import SimpleNamespace

import late_parts
import numpy as np
import pytest
from site_pages import LIVE, SITE, holding

CURVE = '<path d="M 1.234567 -20.98 C 3 4.005999 5 6 7 8.5"/>'
MARK = '<use xlink:href="#m7755" x="0.123456" y="9" style="opacity: 0.5"/>'
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="72.5pt" height="36pt">'
    f'<g transform="scale(0.015625)">{CURVE}{MARK}</g><!-- 0.123456 --></svg>'
)


def test_a_lighter_figure_keeps_all_but_what_lies_beyond_a_hundredth():
    light = late_parts.lighter(DRAWING)
    expected = DRAWING.replace("1.234567", "1.23").replace("4.005999", "4.00")
    assert light == expected.replace('x="0.123456"', 'x="0.12"')
    assert late_parts.lighter(light) == light


def test_an_outline_is_told_from_point_to_point_and_no_rounding_adds_up():
    outline = (
        "M 100 200.5 \nQ 101.004 200.5 101.504 201 \nL 99 201 \nz\nM 1 2 \nL 3 4 \nz"
    )
    (told,) = re.findall(' d="([^"]*)"', late_parts.lighter(f'<path d="{outline}"/>'))
    assert told == "M100 200.5q1 0 1.5 0.5l-2.5 0zM1 2l2 2z"
    assert late_parts.lighter(f'<path d="{told}"/>') == f'<path d="{told}"/>'
    points = np.random.default_rng(0).normal(size=(300, 4)) * 5000
    outline = "M 0 0" + "".join(" Q {} {} {} {}".format(*four) for four in points)
    ways = re.findall("q([^q]*)", late_parts.from_point_to_point(outline))
    ends = np.cumsum([[float(way) for way in four.split()][2:] for four in ways], 0)
    np.testing.assert_allclose(ends, points[:, 2:], rtol=0, atol=0.005 + 1e-9)


def test_a_figure_comes_late_and_its_place_is_kept(tmp_path):
    (tmp_path / "a b.svg").write_text(DRAWING)
    (tmp_path / "d.svg").write_text(DRAWING.replace("pt", ""))
    images = {name: name for name in ("a b.svg", "c.png", "d.svg")}
    builder = SimpleNamespace(images=images)
    app = SimpleNamespace(srcdir=tmp_path, builder=builder)
    others = '<img alt="x" src="../_images/c.png" /><img src="../_static/mark.svg" />'
    others += '<img alt="of no known size" src="../_images/d.svg" />'
    page = {"body": '<img alt="a chart" src="../_images/a%20b.svg" />' + others}
    late_parts.load_figures_late(app, "page", "page.html", page, None)
    size = 'width="97" height="48" loading="lazy"'
    image = f'<img alt="a chart" src="../_images/a%20b.svg" {size} />'
    assert page["body"] == image + others


def test_a_page_without_a_widget_keeps_no_state_of_one(tmp_path):
    def named(name, **attributes):
        return SimpleNamespace(filename=name, attributes=attributes)

    files = [named("a.js"), named(None, type=late_parts.STATE, body='{"state": {}}')]
    builder = SimpleNamespace(add_js_file=lambda *name, **how: files.append(name))
    app = SimpleNamespace(outdir=tmp_path, builder=builder)
    state = tmp_path / "_static" / "widget_states" / "book" / "a.js"
    for has_widgets in (True, False):
        late_parts.move_states(
            app, "book/a", "page.html", {"script_files": files}, None
        )
        assert files[1:] == [("widget_states/book/a.js",)] * has_widgets
        assert state.exists() == has_widgets
        del files[1:]


@pytest.mark.browser
@pytest.mark.parametrize("path", LIVE)
def test_a_page_names_where_the_state_of_its_widgets_is(browser, path):
    html = (SITE / path).read_text("utf-8")
    elements = re.findall(rf'<script [^>]*"{re.escape(late_parts.STATE)}"(.*)', html)
    (source,) = re.findall(r' src="([^"?]+)[?"].*></script>$', elements[0])
    assert len(elements) == 1
    code = ((SITE / path).parent / source).read_text("utf-8")
    literal = code.removeprefix("document.currentScript.state = ").removesuffix(";\n")
    models = json.loads(json.loads(literal))["state"]
    shown = re.findall(r'"model_id": "(\w+)"', html)
    assert shown and set(shown) <= set(models)


@pytest.mark.browser
@pytest.mark.parametrize("path", holding('loading="lazy"'))
def test_figures_have_their_size_before_they_come(browser, host, path):
    page = browser.new_page()
    page.route("**/_images/*", lambda route: None)  # they are on their way
    page.goto(f"{host}/{path}")
    figures = page.query_selector_all(".bd-article img[loading=lazy]")
    assert figures
    for figure in figures:
        if (box := figure.bounding_box()) is None:  # a lab was drawn in its place
            assert figure.evaluate("figure => figure.closest('.gf-first-view')")
            continue
        natural = [float(figure.get_attribute(side)) for side in ("width", "height")]
        assert box["width"] / box["height"] == pytest.approx(
            natural[0] / natural[1], rel=0.02
        )
    page.close()


@pytest.mark.browser
def test_a_formula_that_came_late_and_is_too_wide_is_reached_by_keyboard(browser, host):
    page = browser.new_page(viewport={"width": 250, "height": 800})
    page.goto(f"{host}/notebooks/06_one_loss/train_with_one_loss.html")
    reached = "mjx-container[display][tabindex='0']"
    formula = page.wait_for_selector(reached, state="attached", timeout=10_000)
    formula.focus()
    wide = "formula => formula.scrollWidth > formula.clientWidth"
    assert formula.evaluate(wide)
    assert formula.evaluate("formula => document.activeElement === formula")
    page.close()


SILENT = "PerformanceObserver.prototype.observe = Date;"
NO_PAINT = (
    "Object.defineProperty(PerformanceObserver, 'supportedEntryTypes', {value: []})"
)


@pytest.mark.browser
@pytest.mark.parametrize("script", [SILENT, SILENT + NO_PAINT], ids=["hidden", "none"])
@pytest.mark.parametrize("path", sorted({*LIVE} & {*holding("text/late")})[:1])
def test_a_browser_that_tells_of_no_paint_gets_what_is_late_too(
    browser, host, path, script
):
    page = browser.new_page()
    page.add_init_script(script)
    page.goto(f"{host}/{path}")
    page.wait_for_selector("mjx-container", state="attached")
    page.query_selector("[data-live]").scroll_into_view_if_needed()
    lab = page.wait_for_selector("[data-live=ready]")
    assert lab.query_selector(".gf-widget, .gf-arrows").is_visible()
    page.close()


@pytest.mark.browser
def test_an_address_opens_a_lab_as_somebody_left_it_and_brings_it_into_sight(
    browser, host
):
    page = browser.new_page()
    path = "notebooks/04_turns/take_turns.html"
    page.goto(f"{host}/{path}#lab=schedule&schedule=D+D+G&tick=2")
    lab = page.wait_for_selector("[data-live=ready] .gf-lab .says")
    page.wait_for_function("says => says.textContent.startsWith('Tick 2')", arg=lab)
    assert "D reads G0 (2 times), then G reads D2" in lab.text_content()
    page.wait_for_function(
        "lab => { const { top } = lab.getBoundingClientRect();"
        " return top > 0 && top < 2 * innerHeight; }",
        arg=lab,
    )
    page.close()
