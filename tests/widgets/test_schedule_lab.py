"""The lab shows what `play` does, on a page alone and with a kernel."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest
from widget_pages import give, links, view_alone

from ganflow.dynamics import play
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, Schedule, critic_steps
from ganflow.widgets.schedule_lab import view as lab
from ganflow.widgets.schedule_lab.choices import PENALTIES, RULES, setting_of
from ganflow.widgets.schedule_lab.codec import ANGLES, GONE, RADII, packed
from ganflow.widgets.schedule_lab.record import DECADES, measured, rows
from ganflow.widgets.schedule_lab.recording import record_schedule_lab

SCHEDULES = (SIMULTANEOUS, ALTERNATING, critic_steps(3))
LOSSES = ("saturating", "Wasserstein")
TICKS = 40


def unpacked(data, length):
    """What `packed` made as theta and psi (runs, length); NaN where a path is gone."""
    low, high = np.frombuffer(zlib.decompress(data), np.uint8).reshape(2, -1)
    steps = (low + 256 * high.astype(int)).reshape(-1, 2, length)
    level, turn = np.moveaxis(steps.cumsum(axis=-1) % 65_536, 1, 0)
    radius = 10.0 ** ((2 * level / RADII - 1) * DECADES)
    radius[level == GONE] = np.nan
    angle = 2 * np.pi * turn / ANGLES
    return radius * np.cos(angle), radius * np.sin(angle)


@pytest.fixture(scope="module")
def record():
    return record_schedule_lab(
        losses=LOSSES,
        schedules=SCHEDULES,
        step_sizes=(0.2, 1.0),
        ticks=TICKS,
        progress=False,
    )


def played(setting, **how):
    """The same run by `play` alone."""
    rules = setting.rules()
    return play(setting.players(), setting.schedule, rule=rules, ticks=TICKS, **how)


@pytest.mark.parametrize("penalty", range(len(PENALTIES)))
@pytest.mark.parametrize("rule", range(len(RULES)))
def test_recorded_states_are_what_play_does(record, rule, penalty):
    """Every tick, and every turn of the first ones."""
    for loss, schedule, step in np.ndindex(2, 3, 2):
        names = list(RULES)[rule], list(PENALTIES)[penalty]
        chosen = SCHEDULES[schedule]
        size = record.step_sizes[step]
        run = played(setting_of(LOSSES[loss], chosen, size, *names), each_turn=True)
        keep = (run.turn == 0) | (run.tick < record.fine)
        for name in ("theta", "psi"):
            path = getattr(record, name)[loss, schedule, step, rule, penalty]
            expected = run[name][keep]
            fine = np.abs(expected) < 10.0**DECADES  # what comes later is not shown
            shown = path[: len(expected)]
            # Where two pulls cancel, 0 and 1e-17 are one number.
            close = {"rtol": 1e-6, "atol": 1e-12}
            np.testing.assert_allclose(shown[fine], expected[fine], **close)
            assert (path[len(expected) :] == path[-1]).all() or np.isnan(path[-1])


def test_rows_are_where_play_has_its_whole_ticks():
    run = played(
        setting_of("saturating", critic_steps(3), 0.2, *first_names()), each_turn=True
    )
    keep = (run.turn == 0) | (run.tick < 12)
    np.testing.assert_array_equal(
        rows(TICKS, 12, 4), np.flatnonzero(run.turn[keep] == 0)
    )


def first_names():
    return next(iter(RULES)), next(iter(PENALTIES))


def test_packed_paths_are_right_to_a_third_of_a_pixel():
    """Radius within 0.11 % and angle within 4e-4, at every size; lost ones are NaN."""
    rng = np.random.default_rng(0)
    radius = 10 ** rng.uniform(-11.9, 11.9, (50, 30))
    angle = rng.uniform(-np.pi, np.pi, radius.shape)
    theta, psi = radius * np.cos(angle), radius * np.sin(angle)
    theta[3, 10], psi[4, 20], theta[5, 5] = np.nan, np.inf, 2e12
    back = unpacked(packed(theta, psi), 30)
    off = np.hypot(back[0] - theta, back[1] - psi) / radius
    for row, since in ((3, 10), (4, 20), (5, 5)):
        assert np.isnan(off[row, since:]).all() and np.isfinite(off[row, :since]).all()
    assert np.nanmax(off) < 1.2e-3
    assert np.nanmax(np.abs(np.hypot(*back) / radius - 1)) < 1.1e-3


def test_a_path_at_rest_keeps_the_smallest_radius():
    theta, psi = unpacked(packed(np.zeros((1, 4)), np.zeros((1, 4))), 4)
    np.testing.assert_allclose(np.hypot(theta, psi), 1e-12)


def test_measured_growth_is_the_closed_form():
    """A spiral grows by its factor; an ellipse, seen from one side, not at all."""
    tick = np.arange(151)
    radius, angle = 1.01**tick, 0.2 * tick
    spiral = measured(radius * np.cos(angle), radius * np.sin(angle))
    assert spiral[2] == pytest.approx(1.01, rel=1e-12)
    ellipse = measured(np.cos(angle), 0.8 * np.sin(angle))
    assert ellipse[2] == pytest.approx(1, abs=1e-3)
    assert measured(np.array([1.0, np.nan] * 5), np.ones(10)) is None


def test_prediction_and_measure_agree_where_the_game_is_linear(record):
    """Wasserstein, simultaneous: sqrt(1 + h^2) in both."""
    state = (1, 0, 0, 0, 0)
    assert abs(record.eigenvalues[state][0]) == pytest.approx(np.sqrt(1.04), abs=1e-12)
    whole = rows(TICKS, record.fine, 1)
    found = measured(record.theta[state][whole], record.psi[state][whole])
    assert found[2] == pytest.approx(np.sqrt(1.04), abs=1e-12)


def test_where_a_tick_has_no_eigenvalues_words_say_why(record):
    known = np.isfinite(record.eigenvalues).any(axis=-1)
    for rule, penalty in np.ndindex(len(RULES), len(PENALTIES)):
        why = record.why_none[rule][penalty]
        assert (known[:, :, :, rule, penalty] == (not why)).all()


def test_critical_gamma_makes_the_fields_eigenvalues_equal():
    for loss, gamma in (("saturating", 1.0), ("Wasserstein", 2.0)):
        setting = setting_of(loss, ALTERNATING, 0.2, first_names()[0], "R1, critical γ")
        assert setting.strength == gamma
        roots = np.linalg.eigvals(setting.players().game.jacobian(0.0, 0.0))
        np.testing.assert_allclose(roots, -gamma / 2, atol=1e-7)


def test_a_record_of_another_shape_is_refused(record):
    with pytest.raises(ValueError, match="theta has shape .* rows for 40 ticks"):
        replace(record, theta=record.theta[..., :-1])


def test_controls_are_ordinary_widgets_linked_in_the_browser(record):
    box = lab.schedule_lab(record, tick=9, schedule=1)
    grid, time, view, line, _hint = box.children
    slider, clock = time.children
    joined = links(box)
    ends = [((c, "index"), (view, n)) for c, n in zip(grid.children, CHOICES, strict=1)]
    ends += [((slider, "value"), (view, "tick")), ((clock, "value"), (slider, "value"))]
    for (one, name), (other, trait) in ends:
        assert (one.model_id, name, other.model_id, trait) in joined
    assert [c.index for c in grid.children] == [0, 1, 0, 0, 0]
    assert line.disabled and view.live == {}


CHOICES = ("loss", "schedule", "step", "rule", "penalty")


def test_a_kernel_that_answers_wakes_the_line(record):
    *_, view, line, hint = lab.schedule_lab(record).children
    view.ping = "0.25"
    assert view.pong == "0.25" and not line.disabled and "Drag" in hint.value


@pytest.mark.parametrize(("typed", "start"), [("D D G", [1.0, 1.0]), ("", [0.5, -1.5])])
def test_the_kernel_plays_what_was_not_recorded(record, typed, start):
    view = lab.ScheduleLabView(record, schedule=1, penalty=1)
    view.start, view.typed = start, typed
    schedule = Schedule.from_text(typed) if typed else ALTERNATING
    names = record.rules[0], record.penalties[1]
    run = played(setting_of("saturating", schedule, 0.2, *names, start))
    theta, psi = unpacked(view.live["paths"], view.live["length"])
    whole = rows(TICKS, record.fine, len(schedule.turns))
    np.testing.assert_allclose(theta[0, whole], run.theta, atol=3e-3)
    np.testing.assert_allclose(psi[0, whole], run.psi, atol=3e-3)
    assert view.live["chosen"] == [0, 1, 0, 0, 1]
    assert view.live["told"]["text"] == schedule.text
    assert len(zlib.decompress(view.live["eigenvalues"])) == 16
    view.rule = 4
    assert view.live["chosen"] == [0, 1, 0, 4, 1]
    view.start, view.typed = [1.0, 1.0], ""
    assert view.live == {}


def test_a_schedule_that_is_none_is_refused_in_schedules_own_words(record):
    view = lab.ScheduleLabView(record)
    for typed, words in (
        ("D D", "D and G must both move in a tick"),
        ("D X", "a turn is"),
        ("D " * 12 + "G", "at most 12 turns in a tick are played here, got 13"),
    ):
        view.typed = typed
        assert words in view.live["message"]


def test_a_tick_is_told_with_the_versions_that_its_moves_read(record):
    said = lab.sent(record)["told"]
    assert said[0]["tick"] == "D reads G0 and G reads D0"
    assert said[2] == {
        "text": "D D D G",
        "turns": ["D reads G0", "D reads G0", "D reads G0", "G reads D3"],
        "tick": "D reads G0 (3 times), then G reads D3",
    }


@pytest.fixture(params=[900, 375], ids=["wide", "phone"])
def page(request, chromium, record):
    """The picture alone on a page."""
    view = lab.ScheduleLabView(record, tick=3, schedule=1)
    with view_alone(chromium, view, request.param, height=1200) as page:
        page.lab = view
        yield page


LOOKS = "[...document.querySelectorAll('canvas')].map((c) => c.toDataURL())"


@pytest.mark.browser
def test_every_choice_changes_the_picture_and_moves_step_one_by_one(page):
    for name in ("loss", "rule", "penalty", "schedule", "step", "tick"):
        before = page.evaluate(LOOKS)
        give(page, **{name: 2 if name == "schedule" else 1})
        assert page.evaluate(LOOKS) != before, name
    give(page, tick=3)
    says = page.locator(".says")
    page.get_by_text("one move ›").click()
    assert "Tick 4, turn 1 of 4: D reads G0." in says.inner_text()
    for _ in range(3):
        page.get_by_text("one move ›").press("Enter")
    assert "Tick 4, turn 4 of 4: G reads D3." in says.inner_text()
    assert page.evaluate("model.get('tick')") == 4
    give(page, penalty=99)
    assert "Nothing was recorded" in page.locator(".note").first.inner_text()
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1]


@pytest.mark.browser
def test_with_a_kernel_the_start_moves_by_pointer_and_keys(page):
    handle = page.locator(".start")
    assert not handle.is_visible()
    give(page, pong=page.evaluate("model.get('ping')"))
    assert "start at θ = 1, ψ = 1" in handle.get_attribute("aria-label")
    handle.press("ArrowLeft")
    handle.press("ArrowUp")
    np.testing.assert_allclose(page.evaluate("model.get('start')"), [0.9, 1.1])
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    page.mouse.down()
    page.mouse.move(box["x"] + 13 - 60, box["y"] + 13 + 30, steps=3)
    page.mouse.up()
    theta, psi = page.evaluate("model.get('start')")
    assert theta < 0.85 and psi < 1.05
    page.lab.start = [theta, psi]  # the kernel's turn
    before = page.evaluate(LOOKS)
    give(page, live=page.lab.live)
    page.wait_for_function(f"JSON.stringify({LOOKS}) !== {json.dumps(before)!r}")
    assert page.get_by_text("recorded start").is_visible()
    give(page, live={"chosen": [0, 1, 0, 0, 0], "message": "D and G must both move."})
    assert "D and G" in page.locator(".note").first.inner_text()
