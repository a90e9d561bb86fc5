"""The live view: recorded states told truthfully, drawn by one small script."""

import gzip
import json
from pathlib import Path

import pytest
import torch
import traitlets
from site_browser import CHROMIUM, FLAGS
from small_step import small_networks, small_step

from ganflow.layout import FOLDS
from ganflow.trace.from_torch import watch
from ganflow.widgets import trace_view
from ganflow.widgets.record_states import record_states
from ganflow.widgets.trace_states import Pool, TraceState, pack
from ganflow.widgets.trace_view import TraceView, trace_lab

HERE = Path(trace_view.__file__)


@pytest.fixture(scope="module")
def players():
    return small_networks()


@pytest.fixture(scope="module")
def states(players):
    return record_states(small_step(**players), players)


@pytest.fixture(scope="module")
def record(states):
    return pack(states)


def card_of(record, state, title):
    """The card of the box with a title, in one state."""
    boxes = record["states"][state]["boxes"]
    (card,) = {
        card for box, card in boxes.items() if record["boxes"][box]["title"] == title
    }
    return record["cards"][card]


def test_the_norms_of_nodes_equal_autograd(players):
    """At the scores the derivative is torch's own, and so it is at each weight."""
    step = small_step(**players)
    states = record_states(step, players)
    seen, losses = step(False, False)
    state = states["loss_G", False, False]
    weights = dict(players["G"].named_parameters())
    found = torch.autograd.grad(losses["loss_G"], list(weights.values()))
    expected = dict(zip(weights, (float(g.norm()) for g in found), strict=True))
    nodes = [n for n in state.trace.nodes if n.kind == "parameter" and n.network == "G"]
    assert len(nodes) == 4
    for node in nodes:
        assert state.gradients[node.id] == pytest.approx(expected[node.name], rel=1e-6)


def test_values_and_norms_between_the_leaves_are_right_too():
    """loss = (3 w)^2 at w = 2: the product is 6, the derivative there 2 * 6."""
    w = torch.tensor([[2.0]], requires_grad=True)

    def step(cut, frozen):
        with watch(G=[w]) as seen:
            loss_G = (torch.tensor([[3.0]]) @ w).square().sum()
        return seen, {"loss_G": loss_G}

    state = record_states(step, {"G": [w]})["loss_G", True, True]
    product = next(n for n in state.trace.nodes if n.call == "matmul")
    assert (state.values[product.id], state.gradients[product.id]) == ("6", 12.0)
    assert state.values[state.trace.root] == "36"


def test_recording_leaves_no_gradient_behind(players, states):
    assert all(p.grad is None for net in players.values() for p in net.parameters())
    assert all(p.requires_grad for net in players.values() for p in net.parameters())


def test_a_frozen_critic_is_passed_through_and_not_into(record):
    says = record["states"]["1,0,1"]["says"]
    assert "loss_G flows through D but accumulates nothing in it (frozen)" in says
    assert "accumulates into all 4 parameters of G" in says
    reads = dict(card_of(record, "1,0,1", "D")["reads"])
    assert reads[".grad filled"] == "0 of 4 parameters"
    assert reads["stopped by"] == "frozen parameter"


def test_the_cut_changes_the_line_from_d_to_g(record):
    keys = {box["title"]: number for number, box in enumerate(record["boxes"])}
    wire = record["wires"].index([keys["D"], keys["G"]])
    assert record["states"]["0,0,0"]["wires"][wire] == ["live", ""]
    assert record["states"]["0,1,0"]["wires"][wire] == ["cut", "detach"]


def test_every_fold_of_every_network_is_laid_out(record):
    assert len(record["pictures"]) == 2 * len(FOLDS) ** 2
    shown = {b for picture in record["pictures"].values() for b, *_ in picture["boxes"]}
    assert shown == set(range(len(record["boxes"])))


def test_a_state_without_history_says_so_instead_of_a_picture(record):
    state = record["states"]["1,1,1"]
    assert state["boxes"] == {} and "has no history" in state["says"]


def test_a_state_that_was_not_recorded_says_so(states):
    record = pack({("loss_G", False): states["loss_G", False, False]})
    says = record["states"]["0,1,1"]["says"]
    assert says == "Nothing was recorded for loss_G with the cut on and the freeze on."


def test_the_chapter_s_record_is_small(record):
    """Two losses, cut on and off, freeze on and off: at most 60 kB as served."""
    assert len(gzip.compress(json.dumps(record).encode())) <= 60_000


def test_packing_twice_gives_the_same_bytes(states, record):
    assert json.dumps(pack(states)) == json.dumps(record)


def test_a_pool_keeps_equal_things_once():
    pool = Pool()
    assert [pool.add(x) for x in ("a", "b", "a")] == [0, 1, 0]
    assert pool.items == ["a", "b"]


@pytest.mark.parametrize("key", ["loss_G", ("loss_G", 1), ("loss_G", True, True, True)])
def test_a_key_of_another_form_is_refused(states, key):
    with pytest.raises(ValueError, match=r"\(loss, cut, frozen\)"):
        TraceView.record({key: states["loss_G", False, False]})


def test_no_states_and_no_reason_are_refused():
    with pytest.raises(ValueError, match="no states"):
        TraceView.record({})
    with pytest.raises(ValueError, match="message"):
        TraceState(None)


def test_traits_take_only_what_was_recorded(states):
    view = TraceView.record(states, cut=True, folds={"D": "layer"})
    assert (view.loss, view.cut, view.folds) == (0, True, {"D": "layer"})
    with pytest.raises(traitlets.TraitError, match="loss_D, loss_G"):
        view.loss = 2
    with pytest.raises(traitlets.TraitError, match="no network named 'E'"):
        view.folds = {"E": "layer"}
    with pytest.raises(traitlets.TraitError, match="network, layer, operation"):
        view.folds = {"D": "module"}
    with pytest.raises(traitlets.TraitError, match="the outside folds by"):
        view.folds = {"": "layer"}


def test_a_bare_trace_is_a_state(states):
    view = TraceView.record({("loss_G",): states["loss_G", False, False].trace})
    assert view.record_["losses"] == ["loss_G"]


def test_the_lab_has_a_switch_for_what_varies_only(states):
    kinds = [type(c).__name__ for c in trace_lab(states).children[0].children]
    assert kinds == ["Dropdown", "Checkbox", "Checkbox"]
    some = {key: state for key, state in states.items() if not key[2]}
    kinds = [type(c).__name__ for c in trace_lab(some).children[0].children]
    assert kinds == ["Dropdown", "Checkbox"]


def test_the_script_is_short_and_asks_nobody_for_anything():
    script = HERE.with_suffix(".js").read_text()
    assert len(script.splitlines()) <= 150
    assert not {"fetch(", "import(", "https://"} & set(script.split())
    assert HERE.with_suffix(".css").read_text().count("prefers-reduced-motion") == 1


PAGE = """<!doctype html><html lang="en" data-theme="light"><meta charset="utf-8">
<style>%s</style><body><div id="here"></div><script type="module">%s
const traits = %s, calls = {};
window.model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; calls[name]?.forEach((f) => f()); },
  save_changes: () => {},
  on: (names, f) => names.split(" ").forEach((n) => (calls[n.slice(7)] ??= []).push(f)),
  off: (names) => names.split(" ").forEach((n) => delete calls[n.slice(7)]),
};
window.leave = render({ model, el: document.getElementById("here") });
</script></body></html>"""


@pytest.fixture(scope="module")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[1000, 375], ids=["wide", "phone"])
def page(request, chromium, record):
    """The view alone on a page, with a model of a dozen lines."""
    script = HERE.with_suffix(".js").read_text().replace("export default", "void")
    traits = {"record_": record, "loss": 0, "cut": False, "frozen": False, "folds": {}}
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url))
    css = HERE.with_suffix(".css").read_text()
    page.set_content(PAGE % (css, script, json.dumps(traits)))
    page.wait_for_selector(".box.live")
    yield page
    assert wrong == []
    page.close()


def turn(page, name, value):
    page.evaluate(f"model.set('{name}', {json.dumps(value)})")


@pytest.mark.browser
def test_switching_changes_the_picture_and_the_words(page):
    before = page.locator("svg[role=group]").inner_html()
    turn(page, "cut", True)
    assert page.locator("svg[role=group]").inner_html() != before
    assert page.locator("g.cut text").all_text_contents() == ["detach"]
    assert "never arrives in G (cut: detach)" in page.locator(".says").inner_text()
    assert page.locator(".says").get_attribute("aria-live") == "polite"
    turn(page, "frozen", True)
    assert "has no history" in page.locator(".missing").inner_text()
    turn(page, "loss", 7)
    assert "Nothing was recorded" in page.locator(".missing").inner_text()


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
            turn(page, "folds", {"G": G, "D": D, "": "operation"})
            assert page.evaluate(wrong) == []


@pytest.mark.browser
def test_the_page_never_scrolls_sideways(page):
    turn(page, "folds", {"G": "operation", "D": "operation", "": "operation"})
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
    turn(page, "cut", True)
    assert page.locator("svg[role=group]").inner_html() == before
