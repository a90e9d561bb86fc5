"""Each widget paints, and each of its controls moves it, in three kits.

They are the kernels and the pages that readers meet: both generations of ipywidgets,
and Colab, whose kernel has the older one and whose page has libraries in between.
"""

import json
import os
import subprocess
import sys

import pytest
import saved_widgets
import widget_kits
from older_widgets import LISTED, ROOT, STAMP
from site_browser import asleep, cannot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
PLACES = (ROOT, ROOT / "tests")
# How a reader moves each kind of control, by the names that both generations have.
KEYS = {
    ":is(.noUi-handle, .ui-slider-handle)": ["ArrowRight", "Home", "End"],
    "select:has(option + option)": ["ArrowDown", "ArrowUp"],
    "input[type=checkbox]": ["Space"],
    "input[type=text]": ["End", " ", "D", "Enter"],
    "input[type=number]": ["ArrowUp"],
    ".widget-toggle-buttons": ["Enter"],
    ".widget-play button:first-child": ["Enter"],
}
WAITS = "slow motion"  # moves nothing before somebody has pressed run
IS = "(control, kind) => control.matches(kind)"
LOOKS = """name => {
    const section = document.getElementById(name);
    return [...section.querySelectorAll(".gf-widget, .gf-arrows, canvas")]
        .map(part => part.toDataURL?.() ?? part.innerHTML).join();
}"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The widgets' states by the folder in front of the kernel's packages."""
    if not STAMP.exists():
        cannot("no older widgets: run tools/older_widgets.py")
    if not (widget_kits.VENDORED / "embed-amd.js").exists():
        cannot("no web assets: run make book")
    file = tmp_path_factory.mktemp("saved") / "widgets.json"
    places = os.pathsep.join(map(str, (widget_kits.KERNEL, *PLACES)))
    command = [sys.executable, saved_widgets.__file__, file]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": places}) as older:
        newer = {n: saved_widgets.saved(m()) for n, m in saved_widgets.WIDGETS.items()}
    assert older.returncode == 0
    told = json.loads(file.read_text("utf-8"))
    assert told.pop("ipywidgets") == LISTED["ipywidgets"]
    return {widget_kits.KERNEL: told, None: newer}


@pytest.fixture(scope="module", params=widget_kits.KITS)
def page(request, chromium, saved):
    """All widgets, as this kit draws them."""
    kit = widget_kits.KITS[request.param]
    yield (shown := widget_kits.draw(chromium, kit, saved[kit.kernel]))
    shown.close()


def at_rest(page, name):
    """How the widget looks once the last control has done what it does."""
    looks = [page.evaluate(LOOKS, name)]
    while len(looks) < 2 or looks[-1] != looks[-2]:
        page.wait_for_timeout(50)
        looks.append(page.evaluate(LOOKS, name))
    return looks[-1]


def moves(page, name, control):
    """Whether the picture changes when the control is turned by keyboard."""
    before = at_rest(page, name)
    control.evaluate("c => (c.querySelector('button:not(.mod-active)') ?? c).focus()")
    assert control.evaluate("c => c.contains(document.activeElement)")
    for key in next(k for kind, k in KEYS.items() if control.evaluate(IS, kind)):
        page.keyboard.press(key)
        for _ in range(20):
            if page.evaluate(LOOKS, name) != before:
                return True
            page.wait_for_timeout(25)
    return False


@pytest.mark.parametrize("name", saved_widgets.WIDGETS)
def test_a_widget_paints_and_each_control_moves_it(page, name):
    place = page.locator(f"section[id='{name}']")
    assert place.locator(".gf-widget, .gf-arrows").count() == 1
    for fold in place.locator(".gf-fold").all():
        fold.press("Enter")
        assert fold.locator(":scope + .gf-mixture-run").is_visible()
    still = []
    controls = place.locator(f":is({', '.join(KEYS)}):not(.gf-widget *):visible")
    assert controls.count() > 0
    for control in controls.element_handles():
        words = control.evaluate("c => c.closest('.widget-checkbox')?.innerText")
        waits = asleep(control) or (words or "").strip() == WAITS
        if control.is_enabled() and not waits and not moves(page, name, control):
            still.append(control.evaluate("c => c.outerHTML.slice(0, 300)"))
    assert still == []
    assert page.complaints == []


@pytest.mark.parametrize("name", saved_widgets.WIDGETS)
def test_a_view_names_each_link_that_its_controls_have(saved, name):
    """Of those too that wake or sleep later: the other test meets only who is awake."""
    models = saved[None][name]["state"]
    kinds = {f"IPY_MODEL_{key}": model["model_name"] for key, model in models.items()}
    links = {ref for ref, kind in kinds.items() if kind.endswith("LinkModel")}
    named = (model["state"].get("_joins", []) for model in models.values())
    assert links and links == {ref for refs in named for ref in refs}
