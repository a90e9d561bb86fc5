"""Open the pages of the built site and move their controls as a reader does."""

import os

import pytest
from page_cost import WHOLE

WIDE, PHONE = {"width": 1400, "height": 900}, {"width": 375, "height": 800}

# How a reader moves each kind of ipywidgets control with the keyboard.
KEYS = {
    "[role=slider]": ["ArrowRight"] * 8 + ["Home", "End"],
    "select": ["ArrowDown"] * 8 + ["Home", "End"],
    "input[type=checkbox]": ["Space"],
    "input[type=radio]:checked": ["ArrowDown", "ArrowUp"],
    "button.widget-toggle-button:not(.widget-toggle-buttons *, .gf-fold)": ["Space"],
    ".widget-toggle-buttons button:not(.mod-active)": ["Space"],
}
CONTROLS = ", ".join(f".widget-subarea {kind}" for kind in KEYS)
PICTURES = ".widget-subarea .lm-Widget:not(.jupyter-widgets, [class*='widget-'])"
LOOKS = """pictures => pictures.map(picture => picture.innerHTML +
    [...picture.querySelectorAll("canvas")].map(canvas => canvas.toDataURL()))"""


def cannot(reason):
    """Skip, or fail where a browser is required."""
    if os.environ.get("GANFLOW_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def open_page(browser, address, *, theme="light", size=WIDE):
    """Open a page, scroll to every widget and figure, wait until all are drawn, unfold.

    The reader has asked to see pages whole, without a question first.
    The page's `asked` and `complaints` list its requests and what went wrong.
    """
    page = browser.new_page(viewport=size, color_scheme=theme)
    page.add_init_script(WHOLE)
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("requestfailed", lambda r: page.complaints.append(f"failed: {r.url}"))
    page.on("console", lambda said: note_error(page, said))
    page.goto(address, wait_until="networkidle")
    late = "[data-live], img[loading=lazy]:not(.gf-first-view *)"
    for place in page.query_selector_all(late):
        place.scroll_into_view_if_needed()
    page.wait_for_function(
        "!document.querySelector('[data-live]:not([data-live=ready])')"
    )
    for head in page.query_selector_all("[data-live] [aria-expanded=false]"):
        head.click()
    page.evaluate("window.MathJax?.startup?.promise.then(() => true)")
    page.wait_for_load_state("networkidle")
    return page


SETTLED = """theme => document.documentElement.dataset.theme === theme
    && document.getAnimations().every(move => move.playState !== "running")"""


def at(page, *, theme="light", size=WIDE):
    """Show the page in this theme at this size, and wait until nothing moves."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size(size)
    page.wait_for_function(SETTLED, arg=theme)
    return page


def note_error(page, said):
    """Keep what the console calls an error, all of it."""
    if said.type == "error":
        page.complaints.append(f"{said.text} ({said.location['url']})")


def changed(page, before):
    """The places of the pictures that look different from `before`, given 0.5 s."""
    for _ in range(10):
        now = page.eval_on_selector_all(PICTURES, LOOKS)
        if now != before:
            return {i for i, look in enumerate(now) if look != before[i]}
        page.wait_for_timeout(50)
    return set()


def asleep(control):
    """Whether it waits for another control: a strength, where there is no penalty."""
    return control.evaluate("c => c.closest('[disabled]') !== null")


def move_by_keyboard(page, control):
    """Focus the control and press, one after the other, the keys that move it."""
    kind = next(kind for kind in KEYS if control.evaluate(f"c => c.matches('{kind}')"))
    control.focus()
    assert control.evaluate("c => document.activeElement === c && c.tabIndex >= 0")
    for key in KEYS[kind]:
        page.keyboard.press(key)
        yield


def move_by_mouse(page, control):
    """Drag a slider, choose an option, click anything else."""
    control.scroll_into_view_if_needed()
    if control.get_attribute("role") == "slider":
        track = control.evaluate_handle("c => c.closest('.noUi-base')").bounding_box()
        for share in (0.25, 0.5, 0.75, 1, 0):
            control.hover()
            page.mouse.down()
            x, y = track["x"] + share * track["width"], track["y"] + track["height"] / 2
            page.mouse.move(x, y, steps=4)
            page.mouse.up()
            yield
    elif control.evaluate("c => c.tagName") == "SELECT":
        for place in reversed(range(control.evaluate("c => c.length"))):
            control.select_option(index=place)
            yield
    else:
        control.click()
        yield
