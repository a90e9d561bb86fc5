"""The mixture lab on a page: what a reader starts, types, sees and takes away."""

from contextlib import ExitStack

import numpy as np
import pytest
from mixture_view import SEEDS, TICKS, A, B, small_view
from widget_pages import give, view_alone

from ganflow.schedule import Schedule
from ganflow.widgets.mixture_lab.opening import REACH

pytestmark = pytest.mark.browser
# What is drawn in the picture of each run: where its fakes are, in px of its canvas.
WATCH = """() => {
  window.drawn = { A: [], B: [] };
  const proto = CanvasRenderingContext2D.prototype;
  const { arc, clearRect } = proto;
  const nameOf = (pen) => pen.canvas.closest(".pair > div")?.innerText[0];
  proto.clearRect = function (...box) {
    if (nameOf(this)) drawn[nameOf(this)] = [];
    return clearRect.apply(this, box);
  };
  proto.arc = function (x, y, radius, ...rest) {
    if (radius === 2.2) drawn[nameOf(this)].push([x, y]);
    return arc.call(this, x, y, radius, ...rest);
  };
}"""
SAYS = ".gf-mixture > .says"


@pytest.fixture(scope="module")
def lab():
    return small_view()


@pytest.fixture(params=[1000, 390], ids=["wide", "phone"])
def page(request, chromium, lab):
    with view_alone(chromium, lab, request.param) as page:
        page.evaluate(WATCH)
        yield page


@pytest.fixture
def wide(chromium, lab):
    with view_alone(chromium, lab, 1000) as page:
        page.evaluate(WATCH)
        yield page


def press(page, words):
    page.get_by_role("button", name=words, exact=True).click()


def says(page):
    return page.locator(SAYS).inner_text()


def wait_for(page, words):
    page.wait_for_function(
        "([where, words]) => document.querySelector(where).innerText.includes(words)",
        arg=[SAYS, words],
    )


def fakes(page, run):
    """The drawn samples in the units of the data."""
    width = page.evaluate("document.querySelector('.stage canvas').clientWidth")
    at = np.array(page.evaluate("run => drawn[run]", run)) * 2 * REACH / width
    return np.stack([at[:, 0] - REACH, REACH - at[:, 1]], axis=1)


def copied(page):
    press(page, "copy as Python")
    return page.get_by_role("textbox", name="Python").input_value()


def ticks(page, n):
    for k in range(1, n + 1):
        press(page, "one tick")
        wait_for(page, f"Tick {k}.")


def test_the_fakes_that_are_drawn_are_those_of_the_copied_lines(page):
    ticks(page, 3)
    lines = copied(page)
    assert "ticks=3" in lines and 'schedule="D D G"' in lines
    notebook = {}
    exec(
        lines.replace("record_every=100", "record_every=100, progress=False"), notebook
    )
    samples = notebook["runs"].samples[:, -1].values
    for k, run in enumerate("AB"):
        np.testing.assert_allclose(fakes(page, run), samples[k], rtol=0, atol=1e-5)


def test_copied_lines_name_what_was_chosen(wide, lab):
    choices = lab.lab["choices"]
    give(
        wide,
        a_rule=choices["rule"].index("momentum"),
        a_data=choices["data"].index("moons"),
        a_schedule="dg d",
        b_step_size_G=1e-7,
    )
    wait_for(wide, "Tick 0.")
    lines = copied(wide)
    assert "import moons, ring\n" in lines and f"ticks={TICKS}," in lines
    for part in ('rule="momentum"', "beta=0.9", 'schedule="DG D"', "step_size_G=1e-7"):
        assert f"    {part},\n" in lines
    notebook = {}
    exec(lines.partition("runs = ")[0], notebook)
    assert notebook["a"].data.name == "moons" and notebook["b"].step_of("G") == 1e-7
    assert notebook["a"].width == A.width and notebook["b"].batch == B.batch


def test_it_opens_with_the_recorded_picture_and_trains_from_the_first_tick(page):
    assert says(page).startswith("Tick 2, recorded. Press run")
    ticks(page, 1)
    assert "distance" in says(page)


def test_a_run_stops_at_its_tick_and_goes_on_if_asked(wide):
    press(wide, "run")
    wait_for(wide, f"Stopped at tick {TICKS}. Press run to go on.")
    assert wide.get_by_role("button", name="run", exact=True).is_visible()
    press(wide, "run")
    wait_for(wide, f"Stopped at tick {2 * TICKS}.")
    press(wide, "start again")
    wait_for(wide, "Tick 0.")


@pytest.fixture
def endless(chromium, lab, monkeypatch):
    """A lab that does not stop by itself."""
    monkeypatch.setattr(lab, "lab", lab.lab | {"ticks": 10**6})
    with view_alone(chromium, lab, 1000) as page:
        yield page


def test_presses_that_come_at_once_are_done_one_after_the_other(endless):
    endless.evaluate(
        """words => {
          const all = [...document.querySelectorAll(".steps button")];
          for (const one of words) all.find((b) => b.innerText === one).click();
        }""",
        ["start again", "run", f"run {SEEDS} seeds", "one move", "start again", "run"],
    )
    wait_for(endless, "Tick 1")
    names = endless.locator(".steps button").all_inner_texts()
    assert names[0] == "pause" and names[4] == f"run {SEEDS} seeds"
    press(endless, "pause")
    assert endless.get_by_role("button", name="run", exact=True).is_visible()


def test_changes_one_after_the_other_leave_a_run_running(endless):
    press(endless, "run")
    wait_for(endless, "Tick 1")
    give(endless, a_seed=3)
    give(endless, b_seed=4)
    endless.wait_for_function(
        "document.querySelectorAll('.title')[1].innerText.includes('seed 4')"
    )
    before = frames(endless)
    wait_for_frames(endless, before)
    assert endless.locator(".steps button").first.inner_text() == "pause"


def test_pause_leaves_both_at_one_tick(endless):
    press(endless, "run")
    wait_for(endless, "Tick 1")
    press(endless, "pause")
    said = says(endless)
    endless.wait_for_timeout(200)
    assert says(endless) == said and "(at tick" not in said


def moves(page):
    """For each run the moves of the tick, that which was made marked, and the frame."""
    return page.eval_on_selector_all(
        ".pair > div",
        """all => all.map(one => [
          [...one.querySelectorAll('.move')].map(m => m.innerText).join(),
          one.querySelector('.now')?.innerText ?? '',
          one.querySelector('.stage').dataset.mover])""",
    )


def test_one_move_is_named_with_what_it_reads_and_its_mover_is_marked(page):
    assert [found[0] for found in moves(page)] == [
        "D reads G0,G reads D1",
        "D reads G0,D reads G0,G reads D2",
    ]
    seen = []
    for _ in range(3):
        press(page, "one move")
        page.wait_for_timeout(150)
        seen.append([found[1:] for found in moves(page)])
    assert seen == [
        [["D reads G0", "D"], ["D reads G0", "D"]],
        [["G reads D1", "G"], ["D reads G0", "D"]],
        [["", ""], ["G reads D2", "G"]],  # A waits for the end of B's tick
    ]
    assert says(page).startswith("Tick 1.")


def test_movers_of_one_turn_are_seen_when_the_turn_is_over(wide):
    give(wide, a_schedule="GD", b_schedule="G D")
    wait_for(wide, "Tick 0.")
    before = {run: fakes(wide, run) for run in "AB"}
    press(wide, "one move")
    wide.wait_for_function("drawn.B.length && document.querySelector('.now')")
    assert (fakes(wide, "A") == before["A"]).all()
    assert (fakes(wide, "B") != before["B"]).any()
    press(wide, "one move")
    wait_for(wide, "Tick 1.")
    assert (fakes(wide, "A") != before["A"]).any()


def test_slow_motion_makes_one_move_at_a_time(wide):
    give(wide, slow=True)
    press(wide, "run")
    wide.wait_for_selector(".move.now")
    assert says(wide).startswith("Tick 0.")
    wide.wait_for_function("document.querySelector('.stage').dataset.mover === 'G'")
    press(wide, "pause")


def wait_for_the_seeds(page):
    """The last seed is drawn a frame before the buttons and the line say so."""
    page.wait_for_function(
        "document.querySelector('.progress').innerText.startsWith('All 12 seeds')"
    )


def test_a_dozen_seeds_are_drawn_and_told(page):
    press(page, f"run {SEEDS} seeds")
    told = page.locator(".spread .says")
    wait_for_the_seeds(page)
    a, b = told.inner_text().split("\n")
    assert a.startswith(
        "A, median of 12 seeds, from least to greatest: modes captured "
    )
    assert b.startswith("B, median of 12 seeds") and b.count("(") == 3
    pictures = page.locator(".pair").bounding_box()["y"]
    assert told.bounding_box()["y"] < pictures  # by the buttons, not below all
    assert page.get_by_role("button", name=f"run {SEEDS} seeds").is_visible()
    painted = """all => all.map(c => new Set(
      c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"""
    assert min(page.eval_on_selector_all(".spread canvas", painted)) > 4


def test_the_seeds_can_be_stopped(endless):
    press(endless, f"run {SEEDS} seeds")
    press(endless, "stop the seeds")
    done = frames(endless)
    endless.wait_for_timeout(200)
    assert frames(endless) == done
    told = endless.locator(".spread .says").inner_text()
    assert told.startswith("A: no seed has come to tick 1000000 yet.")
    assert endless.inner_text(".progress") == "Stopped in seed 1 of 12."


def test_no_seed_is_beyond_the_last_and_the_other_run_has_all_its_own(wide):
    give(wide, a_seed=2**32 - SEEDS + 1)
    press(wide, f"run {SEEDS} seeds")
    told = wide.locator(".spread .says")
    wait_for_the_seeds(wide)
    assert "B, median of 12" in told.inner_text()
    assert told.inner_text().startswith(
        "A: no seeds, seed is 4294967296; expected a whole number"
    )
    assert wide.get_by_role("button", name=f"run {SEEDS} seeds").is_visible()
    assert faults(wide) == ["", ""]  # one run of it can be trained
    ticks(wide, 1)


def test_seeds_of_another_setting_are_not_left_beside_a_run(wide):
    press(wide, f"run {SEEDS} seeds")
    wait_for_the_seeds(wide)
    told = wide.locator(".spread .says")
    give(wide, a_schedule="DG")
    wide.wait_for_function(
        "document.querySelector('.spread .says').innerText.startsWith('A: no seed has')"
    )
    assert "B, median of 12 seeds" in told.inner_text()
    give(wide, b_seed=5)
    told.wait_for(state="hidden")


def faults(page):
    return page.locator(".pair .fault").all_inner_texts()


def test_a_mistake_is_told_beside_its_run_which_stays_where_it_is(page):
    ticks(page, 2)
    before, said = fakes(page, "A"), says(page)
    give(page, a_schedule="D D")
    with pytest.raises(ValueError) as told:
        Schedule.from_text("D D")
    page.wait_for_function("document.querySelector('.pair .fault').innerText")
    assert faults(page) == [f"{told.value}.", ""]
    assert says(page) == said and (fakes(page, "A") == before).all()
    press(page, "one tick")
    wait_for(page, "Tick 3.")
    assert (fakes(page, "A") == before).all()  # B trains on
    for name, value in (("a_step_size_G", 0), ("a_seed", -1)):
        give(page, a_schedule="D G", **{name: value})
        page.wait_for_function(
            "w => document.querySelector('.pair .fault').innerText.includes(w)",
            arg=f"{name[2:]} is {value}; expected a",
        )
        give(page, **{name: 3})
    wait_for(page, "Tick 0.")
    assert faults(page) == ["", ""]


def test_a_run_that_diverges_says_so_in_its_picture(page, lab):
    rule = lab.lab["choices"]["rule"].index("gradient descent")
    give(page, a_rule=rule, a_step_size_D=1e9, a_step_size_G=1e9)
    wait_for(page, "Tick 0.")
    press(page, "run")
    wait_for(page, f"Stopped at tick {TICKS}.")
    messages = page.locator(".message").all_inner_texts()
    assert messages[0].startswith("Diverged at tick ") and messages[1] == ""
    assert says(page).split("\n")[1] == f"A: {messages[0]}"


def frames(page):
    return page.evaluate("performance.getEntriesByName('gf-mixture').length")


def wait_for_frames(page, before):
    page.wait_for_function(
        "n => performance.getEntriesByName('gf-mixture').length > n", arg=before
    )


HIDES = "Object.defineProperty(document, 'hidden', { value: true, writable: true });"
CHANGES = "document.dispatchEvent(new Event('visibilitychange'))"


@pytest.mark.parametrize(
    ("leave", "come"),
    [
        (HIDES + CHANGES, "document.hidden = false;" + CHANGES),
        (
            "document.body.style.paddingBottom = '9000px'; scrollTo(0, 8000)",
            "scrollTo(0, 0)",
        ),
    ],
    ids=["hidden", "out of sight"],
)
def test_nothing_runs_where_nobody_sees_it(wide, leave, come):
    give(wide, slow=True)  # so that it does not end while this looks
    press(wide, "run")
    wide.wait_for_selector(".move.now")
    wide.evaluate(leave)
    wide.wait_for_timeout(200)
    before = frames(wide)
    wide.wait_for_timeout(1500)
    assert frames(wide) == before > 0
    wide.evaluate(come)
    wait_for_frames(wide, before)


TOLD = """window.IntersectionObserver = class {
  constructor(tell) {
    window.sights = (...all) => tell(all.map((isIntersecting) => ({ isIntersecting })));
  }
  observe() {}
  disconnect() {}
};"""


def test_of_several_sights_that_are_told_at_once_the_last_counts(chromium, lab):
    with view_alone(chromium, lab, 1000, book="", before=TOLD) as page:
        give(page, slow=True)  # so that it does not end while this looks
        page.evaluate("sights(false, true)")
        press(page, "run")
        page.wait_for_selector(".move.now")
        page.evaluate("sights(true, false)")
        before = frames(page)
        page.wait_for_timeout(1500)
        assert frames(page) == before > 0


def test_who_wants_no_motion_sees_the_end_only(wide):
    wide.emulate_media(reduced_motion="reduce")
    wide.evaluate(
        "window.paints = 0; new MutationObserver(() => paints++).observe("
        "document.querySelector('.gf-mixture > .says'), { childList: true })"
    )
    press(wide, "run")
    wait_for(wide, f"Stopped at tick {TICKS}. Press run")
    assert wide.evaluate("paints") == 1 and frames(wide) >= 1


def test_an_experiment_sets_every_field_of_both_runs(wide, lab):
    known = lab.lab["experiments"]
    chosen = next(k for k, e in enumerate(known) if k and e["b"]["penalty"] == "R1")
    give(wide, experiment=chosen)
    choices = lab.lab["choices"]
    for key in "ab":
        for name, value in known[chosen][key].items():
            if value == 64 and name == "batch":
                continue  # which this small lab does not offer
            place = choices[name].index(value) if name in choices else value
            assert wide.evaluate(f"model.get('{key}_{name}')") == place, (key, name)
    assert "What do you expect of A and of B?" in wide.inner_text(".expect")
    assert not wide.is_visible(".about")  # a reader says it first
    wide.click(".expect summary")
    assert wide.locator(".about").inner_text() == known[chosen]["says"]
    give(wide, a_seed=4)
    assert wide.evaluate("model.get('experiment')") == chosen  # another seed of it
    give(wide, a_schedule="DG")
    assert wide.evaluate("model.get('experiment')") == 0
    assert wide.locator(".about").text_content() == ""
    assert not wide.is_visible(".expect")


def test_a_number_that_no_move_reads_has_no_control_to_turn(wide, lab):
    idle = """() => Object.fromEntries(["strength", "beta", "beta1", "beta2"].map(
      (name) => [name, model.get("a_idle_" + name)]))"""
    adam = {"strength": True, "beta": True, "beta1": False, "beta2": False}
    assert wide.evaluate(idle) == adam
    choices = lab.lab["choices"]
    give(wide, a_penalty=choices["penalty"].index("R1"))
    assert wide.evaluate(idle) == adam | {"strength": False}
    give(wide, a_rule=choices["rule"].index("momentum"))
    momentum = {"strength": False, "beta": False, "beta1": True, "beta2": True}
    assert wide.evaluate(idle) == momentum
    give(wide, a_rule=choices["rule"].index("extragradient"))
    assert wide.evaluate(idle) == momentum | {"beta": True}
    assert wide.evaluate("model.get('b_idle_strength')") is False  # B has its own


@pytest.fixture
def opened(chromium, lab):
    """Open the view in a page of the book, at an address."""
    with ExitStack() as stack:
        yield lambda address="": stack.enter_context(
            view_alone(chromium, lab, 1000, book=address)
        )


def test_a_link_opens_what_was_chosen(opened):
    page = opened()
    give(page, a_schedule="D DG", a_seed=7, b_strength=0.25)
    wait_for(page, "Tick 0.")
    assert "#" not in page.url
    press(page, "copy link")
    link = page.get_by_role("textbox", name="Link").input_value()
    assert link == page.url and "#lab=mixture&a.schedule=D+DG&" in link
    other = opened(link[link.index("#") :])
    wait_for(other, "Tick 0.")
    names = ("a_schedule", "a_seed", "b_schedule", "b_strength", "b_penalty", "a_batch")
    values = [
        [p.evaluate("n => model.get(n)", n) for n in names] for p in (page, other)
    ]
    assert values[0] == values[1] == ["D DG", 7, "D D G", 0.25, 1, 0]


def test_an_address_with_a_mistake_is_told_and_what_is_right_is_taken(opened):
    page = opened("#lab=mixture&a.seed=x&b.schedule=G+D&b.batch=16&a.batch=17")
    page.wait_for_function("document.querySelector('.pair .fault').innerText")
    assert faults(page)[0] == "batch is 17; expected one of 16."
    assert page.evaluate("model.get('b_schedule')") == "G D"
    page = opened("#lab=mixture&a.seed=x&a.batch=16&b.batch=16")
    page.wait_for_function("document.querySelector('.pair .fault').innerText")
    assert faults(page)[0].startswith('seed is "x"; expected a whole number')
    assert page.evaluate("model.get('a_seed')") == A.seed


def test_an_address_that_is_wrong_for_both_leaves_both_at_their_start(opened):
    page = opened("#lab=mixture&a.schedule=X&b.seed=foo")
    wait_for(page, "Tick 0.")
    assert all(faults(page))
    told = says(page).split("\n")
    assert told[1].startswith("A: ") and told[2].startswith("B: ")
    painted = """all => all.map(c => new Set(
      c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size)"""
    assert min(page.eval_on_selector_all(".stage canvas", painted)) > 4


def test_an_address_of_something_else_changes_nothing(opened):
    page = opened("#lab=schedule&a.seed=9")
    assert says(page).startswith("Tick 2, recorded")
    assert page.evaluate("model.get('a_seed')") == A.seed


@pytest.mark.parametrize(
    ("lacks", "script"),
    [
        ("WebAssembly", "delete globalThis.WebAssembly"),
        ("SIMD", "WebAssembly.validate = () => false"),
    ],
)
def test_a_browser_that_cannot_train_is_told_why(chromium, lab, lacks, script):
    with view_alone(chromium, lab, 1000, book="", before=script) as page:
        said = page.locator(".gf-cannot").inner_text()
        assert said.startswith("This browser") and lacks in said and "needs" in said
        assert page.locator("button, canvas").count() == 0


def test_a_listener_hears_where_it_stops_and_not_each_frame(wide):
    voice = wide.locator(".voice")
    assert voice.inner_text() == "" and voice.get_attribute("aria-live") == "polite"
    press(wide, "run")
    wide.wait_for_function("document.querySelector('.voice').innerText > ''")
    assert voice.inner_text().startswith(f"Stopped at tick {TICKS}. Press run")


def test_every_canvas_says_what_it_shows_and_nothing_scrolls_sideways(page):
    ticks(page, 1)
    press(page, f"run {SEEDS} seeds")
    page.wait_for_selector(".spread canvas")
    words = page.eval_on_selector_all("canvas", "all => all.map(c => c.ariaLabel)")
    assert len(set(words)) == 8 and words[0].startswith("D G, rates D 0.002, G 0.002")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    boxes = page.locator("button:visible").all()
    assert min(box.bounding_box()["height"] for box in boxes) >= 24


def test_long_names_of_experiments_do_not_widen_a_phone(wide):
    wide.set_viewport_size({"width": 390, "height": 800})
    wide.evaluate(
        """() => {
          document.body.insertAdjacentHTML("beforeend", `
            <div style="display: flex; flex-flow: column; align-items: flex-start">
              <div class="gf-mixture-all" style="display: flex; flex-flow: column">
                <div class="widget-box gf-mixture-top">
                  <div><input style="width: 600px; max-width: 100%"></div>
                </div></div></div>`);
          document.querySelector(".gf-mixture-all").append(here);
        }"""
    )
    boxes = ".gf-mixture-all, .gf-mixture, .gf-mixture canvas"
    rights = wide.eval_on_selector_all(
        boxes, "all => all.map(e => e.getBoundingClientRect().right)"
    )
    assert max(rights) <= 390


def test_leaving_stops_everything(wide):
    give(wide, slow=True)
    press(wide, "run")
    wide.wait_for_selector(".move.now")
    wide.evaluate("leave()")
    before = frames(wide)
    wide.wait_for_timeout(1200)
    assert frames(wide) == before
