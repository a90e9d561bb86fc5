"""The page plays what `play` plays, whatever is typed, and says what it cannot."""

import ast
import io
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest
from widget_pages import BOOK, give, links, view_alone

from ganflow import GameSetting
from ganflow.dynamics import play
from ganflow.schedule import Schedule
from ganflow.widgets.schedule_lab import choices
from ganflow.widgets.schedule_lab import view as lab

OWN = GameSetting(
    loss="Wasserstein",
    schedule="D D G",
    rule="momentum",
    beta=0.5,
    step_size_G=0.2,
    step_size_D=0.8,
    penalty="R1",
    strength=0.3,
    theta=0.5,
    psi=-1.5,
)
LOOKS = "[...document.querySelectorAll('canvas')].map((c) => c.toDataURL())"
PAINTED = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(done)))"""


def test_a_setting_says_how_the_lab_opens():
    assert choices.traits_of(OWN) == {
        "schedule": "D D G",
        "loss": 3,
        "rule": 1,
        "penalty": 1,
        "step": 0.2,
        "times": 4.0,
        "beta": 0.5,
        "strength": 0.3,
        "theta": 0.5,
        "psi": -1.5,
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"loss": "relativistic"},
            "loss is 'relativistic'; expected one of saturating",
        ),
        ({"penalty": "R2"}, "penalty is 'R2'; expected one of none, R1"),
        (
            {"step_size_D": 99.0},
            "times is 495.0; expected a finite number, at least 0.1",
        ),
        ({"strength": 5.0}, "strength is 5.0; expected .* at most 4"),
        ({"epsilon": 1e-3}, "epsilon is 0.001; expected 1e-08"),
    ],
)
def test_a_setting_that_no_control_can_show_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        lab.schedule_lab(replace(OWN, **change))


@pytest.mark.parametrize(
    ("name", "ends", "fields"),
    [
        ("step", (0.01, 10.0), ("step_size_G", "step_size_D")),
        ("times", (0.1, 10.0), ("step_size_D",)),
        ("beta", (-0.95, 0.95), ("beta",)),
        ("strength", (0.0, 4.0), ("strength",)),
        ("theta", (-100.0, 100.0), ("theta",)),
        ("psi", (-100.0, 100.0), ("psi",)),
    ],
)
def test_a_setting_may_lie_at_the_ends_of_a_control_and_not_beyond(name, ends, fields):
    start = replace(OWN, step_size_G=1.0, step_size_D=1.0)
    for end, beyond in zip(ends, (-np.inf, np.inf), strict=True):
        assert (
            choices.traits_of(replace(start, **dict.fromkeys(fields, end)))[name] == end
        )
        with pytest.raises(ValueError, match=f"{name} is .*; expected"):
            farther = float(np.nextafter(end, beyond))
            choices.traits_of(replace(start, **dict.fromkeys(fields, farther)))


def test_a_lab_of_no_ticks_is_refused():
    with pytest.raises(
        ValueError, match="ticks is 0; expected a whole number, at least"
    ):
        lab.schedule_lab(ticks=0)


def test_controls_are_ordinary_widgets_linked_in_the_browser():
    box = lab.schedule_lab(OWN, tick=9)
    (whole,) = box.children
    grid, _hint, time, view = whole.children
    slider, clock = time.children
    joined = links(box)
    names = "schedule loss step times rule beta penalty strength theta psi".split()
    by_name = dict(zip(names, grid.children, strict=True))
    ends = [((slider, "value"), (view, "tick")), ((clock, "value"), (slider, "value"))]
    for name, control in by_name.items():
        trait = "index" if name in ("loss", "rule", "penalty") else "value"
        ends.append(((control, trait), (view, name)))
        assert getattr(control, trait) == getattr(view, name)
    for name in ("beta", "strength"):
        ends.append(((view, f"{name}_idle"), (by_name[name], "disabled")))
    for (one, name), (other, trait) in ends:
        assert (one.model_id, name, other.model_id, trait) in joined
    assert len(joined) == len(ends)
    assert by_name["rule"].options == choices.RULES
    assert by_name["step"].value == 0.2 and by_name["times"].value == 4.0


def test_the_still_picture_shows_the_path_that_play_makes():
    box = lab.schedule_lab(OWN, tick=9)
    path, circle, radius = box.draw().axes
    run = played(OWN, ticks=9, each_turn=True)
    np.testing.assert_array_equal(path.lines[0].get_xdata(), run.theta)
    np.testing.assert_array_equal(path.lines[0].get_ydata(), run.psi)
    roots = choices.growth_of(OWN)
    np.testing.assert_array_equal(circle.lines[1].get_xdata(), roots.real)
    assert len(radius.lines[0].get_xdata()) == 101
    assert "D D G" in box.alt


def test_critical_gamma_makes_the_fields_eigenvalues_equal():
    """Of R1, as the hint says that comes with it."""
    for loss, gamma in zip(choices.LOSSES, (1.0, 1.0, 2.0, 2.0), strict=True):
        setting = GameSetting(loss=loss, penalty="R1", strength=gamma)
        roots = np.linalg.eigvals(setting.players().game.jacobian(0.0, 0.0))
        np.testing.assert_allclose(roots, -gamma / 2, rtol=0, atol=1e-7)
    words = "R1 is critical at strength 1, under hinge and Wasserstein at 2."
    assert words in str(lab.ScheduleLabView._esm) and "R1" not in lab.HINT


@pytest.mark.parametrize(("loss", "linear"), [("hinge", True), ("saturating", False)])
def test_the_field_of_hinge_is_linear_around_the_middle(loss, linear):
    """So that a pair of eigenvalues on the circle does decide there."""
    theta, psi = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 100))
    game = GameSetting(loss=loss).players().game
    a = game.jacobian(0.0, 0.0)[0, 1]
    field = np.array(game.field(theta, psi))
    assert np.allclose(field, [a * psi, -a * theta], rtol=0, atol=1e-12) == linear


def played(setting, ticks=100, **how):
    """The same run by `play` alone."""
    players, rules = setting.players(), setting.rules()
    return play(players, setting.schedule, rule=rules, ticks=ticks, **how)


@pytest.fixture(scope="module")
def view():
    return lab.ScheduleLabView(tick=3, ticks=60)


@pytest.fixture(params=[900, 375], ids=["wide", "phone"])
def page(request, chromium, view):
    """The picture alone on a page, in which no clipboard is open."""
    with view_alone(chromium, view, request.param, height=1200) as page:
        yield page


def looks(page):
    """The three pictures, once what changed is painted."""
    page.evaluate(PAINTED)
    return page.evaluate(LOOKS)


def said(page, name):
    """The words of a part of the picture."""
    page.evaluate(PAINTED)
    return page.locator(f".{name}").first.inner_text()


def traits_of(setting):
    """As the controls give them."""
    return choices.traits_of(setting)


@pytest.mark.browser
def test_every_choice_changes_the_picture_and_moves_step_one_by_one(page):
    give(page, rule=1, penalty=1, strength=0.3)
    changes = {"loss": 1, "schedule": "D D D G", "step": 0.5, "times": 2.0, "beta": 0.9}
    changes |= {"strength": 1.0, "theta": 0.5, "psi": 0.3, "rule": 2, "penalty": 4}
    for name, value in changes.items():
        before = looks(page)
        give(page, **{name: value})
        assert looks(page) != before, name
    give(page, tick=3)
    assert said(page, "says").startswith(
        "Tick 3: D reads G0 (3 times), then G reads D3."
    )
    page.get_by_text("one move ›").click()
    assert said(page, "says").startswith("Tick 4, turn 1 of 4: D reads G0.")
    for _ in range(3):
        page.get_by_text("one move ›").press("Enter")
    assert said(page, "says").startswith("Tick 4, turn 4 of 4: G reads D3.")
    assert page.evaluate("model.get('tick')") == 4
    page.get_by_text("‹ one move").click()
    assert said(page, "says").startswith("Tick 4, turn 3 of 4: D reads G0.")
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


def copied(page):
    """What *copy as Python* shows."""
    page.evaluate(PAINTED)
    page.get_by_text("copy as Python").click()
    return page.locator(".copy textarea").input_value()


def printed_and_seen(lines):
    """What the copied lines print, and what they say that the page shows."""
    out = io.StringIO()
    with redirect_stdout(out):
        exec(lines, {})
    seen = lines.rsplit("# on the page: ")[1]
    return [np.array(text.split(), float) for text in (out.getvalue(), seen)]


@pytest.mark.browser
@pytest.mark.parametrize("rule", choices.RULES)
@pytest.mark.parametrize("page", [900], indirect=True)
def test_the_copied_lines_print_the_numbers_on_the_page(page, rule):
    """Under every loss and penalty, a typed schedule, step sizes of one's own."""
    for loss, penalty in np.ndindex(len(choices.LOSSES), len(choices.PENALTIES)):
        names = choices.LOSSES[loss], choices.PENALTIES[penalty]
        setting = replace(OWN, loss=names[0], penalty=names[1], rule=rule, psi=0.5)
        give(page, **traits_of(setting) | {"schedule": "d  dg g", "tick": 40})
        lines = copied(page)
        printed, seen = printed_and_seen(lines)
        np.testing.assert_allclose(printed, seen, rtol=1e-9, atol=1e-12)
        run = played(replace(setting, schedule="D DG G"), ticks=40)
        np.testing.assert_allclose(seen, [run.theta[-1], run.psi[-1]], rtol=1e-9)


@pytest.mark.browser
@pytest.mark.parametrize("page", [900], indirect=True)
@pytest.mark.parametrize("rule", choices.RULES)
def test_a_tick_of_the_page_grows_as_tick_jacobian_says(page, rule):
    """Or the words say why it has no eigenvalues, where Python's has none either."""
    for loss, penalty in np.ndindex(len(choices.LOSSES), len(choices.PENALTIES)):
        names = choices.LOSSES[loss], choices.PENALTIES[penalty]
        setting = replace(OWN, loss=names[0], penalty=names[1], rule=rule)
        give(page, **traits_of(setting))
        grows, roots = said(page, "grows"), choices.growth_of(setting)
        why = page.locator(".note").nth(1).inner_text()
        if len(roots):
            predicted = f"× {abs(roots[0]):.4f} predicted"
            assert predicted in grows.replace("\u00a0", " ") and not why
            assert said(page, "verdict").startswith("λ")
        else:
            assert "nothing predicted, see the circle" in grows
            assert "has none here" in why and said(page, "verdict") == ""


@pytest.mark.browser
def test_the_start_moves_by_keys_by_mouse_and_by_touch(page):
    handle = page.locator(".start")
    page.evaluate(PAINTED)
    assert "start at θ = 1, ψ = 1" in handle.get_attribute("aria-label")
    handle.press("ArrowLeft")
    page.evaluate(PAINTED)
    handle.press("ArrowUp")
    np.testing.assert_allclose(start_of(page), [0.9, 1.1], rtol=1e-12)
    page.evaluate(PAINTED)
    box = handle.bounding_box()
    x, y = box["x"] + 13, box["y"] + 13
    before = looks(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y + 30, steps=3)
    assert looks(page) != before, "the run follows while the start is dragged"
    page.mouse.up()
    theta, psi = start_of(page)
    assert theta < 0.85 and psi < 1.05
    page.evaluate(PAINTED)
    assert float(f"{theta:.3g}") == theta and float(f"{psi:.3g}") == psi
    touch = page.context.new_cdp_session(page)
    box = handle.bounding_box()
    x, y = box["x"] + 13, box["y"] + 13
    for kind, places in {
        "touchStart": [(x, y)],
        "touchMove": [(x + 20, y + 40)],
        "touchEnd": [],
    }.items():
        points = [{"x": x, "y": y} for x, y in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    now = start_of(page)
    assert now[0] > theta and now[1] < psi
    page.get_by_text("back to the start").click()
    assert start_of(page) == [1, 1]
    page.evaluate(PAINTED)
    assert page.get_by_text("back to the start").is_disabled()


def start_of(page):
    return page.evaluate("[model.get('theta'), model.get('psi')]")


@pytest.mark.browser
def test_what_cannot_be_played_is_said_and_the_last_picture_stays(page):
    before = looks(page)
    for wrong, words in [
        ({"schedule": "D D"}, refusal("D D")),
        ({"schedule": "D X"}, refusal("D X")),
        ({"schedule": "DDG"}, refusal("DDG") + ". Put spaces between turns: D D G."),
        ({"schedule": ""}, refusal("") + ". Type turns such as D D G."),
        (
            {"schedule": "D " * 12 + "G"},
            "the schedule has 13 turns; expected at most 12",
        ),
        ({"step": 1e9}, "step size is 1000000000; expected a number from 0.01 to 10."),
        (
            {"theta": None},
            "θ at the start is empty; expected a number from -100 to 100.",
        ),
        ({"loss": 99}, "loss is at place 99; expected one from 0 to 3."),
    ]:
        kept = {name: page.evaluate(f"model.get('{name}')") for name in wrong}
        give(page, **wrong)
        assert words in said(page, "wrong")
        assert page.locator(".sheet.stale").count() == 1
        assert page.evaluate(LOOKS)[1:] == before[1:], "a blank"
        give(page, **kept)
        assert said(page, "wrong") == ""
    assert looks(page) == before


def refusal(text):
    """The words of `Schedule.from_text`."""
    with pytest.raises(ValueError) as refused:
        Schedule.from_text(text)
    return str(refused.value)


@pytest.mark.browser
def test_a_run_that_diverges_says_since_when(page):
    give(page, schedule="DG", loss=3, step=10.0, tick=60)
    assert "Diverged: farther than 10¹² after tick 11." in said(page, "note")
    run = played(GameSetting(loss="Wasserstein", schedule="DG", step_size=10.0))
    assert run.radius[11] <= 1e12 < run.radius[12]
    assert "# on the page: lost" in copied(page)


@pytest.mark.browser
def test_a_press_gives_a_schedule_and_idle_sliders_rest(page):
    page.get_by_text("5 critic steps").click()
    assert page.evaluate("model.get('schedule')") == "D D D D D G"
    page.evaluate(PAINTED)
    pressed = page.locator(".known [aria-pressed=true]")
    assert pressed.all_inner_texts() == ["5 critic steps"]
    resting = "[model.get('beta_idle'), model.get('strength_idle')]"
    assert page.evaluate(resting) == [True, True]
    give(page, rule=1, penalty=3)
    assert page.evaluate(resting) == [False, False]


HASH = (
    "#lab=schedule&schedule=D+D+G&step=0.5&loss=hinge&rule=momentum&theta=0.25&tick=7"
)


@pytest.mark.browser
def test_an_address_opens_the_lab_and_a_link_is_made_on_request(chromium, view):
    with view_alone(chromium, view, 900, book=HASH + "&psi=far&speed=2") as page:
        names = ("schedule", "step", "loss", "rule", "theta", "psi", "tick")
        seen = [page.evaluate(f"model.get('{name}')") for name in names]
        assert seen == ["D D G", 0.5, 2, 1, 0.25, 1.0, 7]
        words = said(page, "wrong")
        assert "psi at the start" not in words
        assert "In the address ψ at the start is far; expected a number" in words
        assert "In the address there is no speed here" in words
        give(page, psi=0.5)
        assert said(page, "wrong") == ""
        assert page.url == BOOK + HASH + "&psi=far&speed=2"
        page.get_by_text("copy link").click()
        link = page.locator(".copy textarea").input_value()
        assert page.url == link and link.startswith(
            BOOK + "#lab=schedule&schedule=D+D+G"
        )
        page.evaluate("location.hash = '#lab=schedule&step=0.25'")
        page.wait_for_function("model.get('step') === 0.25")
    with view_alone(chromium, view, 900, book="#" + link.split("#")[1]) as again:
        values = [again.evaluate(f"model.get('{name}')") for name in names]
        assert values == ["D D G", 0.5, 2, 1, 0.25, 0.5, 7]


@pytest.mark.browser
def test_outside_the_book_no_link_is_offered(page):
    assert page.get_by_text("copy as Python").is_visible()
    assert not page.get_by_text("copy link").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("allowed", [True, False])
def test_the_clipboard_has_the_lines_or_the_field_is_to_be_copied(
    chromium, view, allowed
):
    answer = "text => (window.taken = text, Promise.resolve())"
    if not allowed:
        answer = "() => Promise.reject(new Error('closed'))"
    before = f"""Object.defineProperty(navigator, "clipboard", {{
        value: {{ writeText: {answer} }} }});"""
    with view_alone(chromium, view, 900, book="", before=before) as page:
        lines = copied(page)
        words = page.get_by_text("The run in Python: ")
        assert words.inner_text().endswith("copied." if allowed else "from here.")
        assert page.evaluate("window.taken ?? ''") == (lines if allowed else "")
        assert isinstance(ast.parse(lines), ast.Module)
        selected = page.evaluate("getSelection().toString()")
        assert selected == lines
        page.get_by_text("close").click()
        assert not page.locator(".copy").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("delete window.WebAssembly", "has no WebAssembly"),
        ("WebAssembly.validate = () => false", "WebAssembly has no SIMD"),
    ],
)
def test_a_browser_that_cannot_play_is_told_so(chromium, view, before, words):
    with view_alone(chromium, view, 900, book="", before=before) as page:
        assert words in page.locator(".gf-cannot").inner_text()
        assert page.locator("canvas").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("page", [900], indirect=True)
def test_a_run_is_played_anew_in_a_few_milliseconds(page):
    """The longest schedule, extragradient, every eigenvalue of its tick."""
    give(page, rule=2)
    give(page, schedule="D G D G D G D G D G D G")
    took = """(rate) => {
        const begun = performance.now();
        model.choose({ step: rate });
        return performance.now() - begun;
    }"""
    assert min(page.evaluate(took, 0.2 + k / 100) for k in range(20)) < 20
