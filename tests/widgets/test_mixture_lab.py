"""The mixture lab shows what `play` does, and trains where a kernel answers."""

import asyncio
import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from widget_pages import links

from ganflow.data import digits_plane, ring
from ganflow.dynamics import play
from ganflow.metrics import captured_modes, high_quality_share, sliced_wasserstein
from ganflow.schedule import ALTERNATING, SIMULTANEOUS, Schedule
from ganflow.sweeps import GanSetting
from ganflow.widgets.mixture_lab.record import LEVELS, STEPS, packed
from ganflow.widgets.mixture_lab.recording import DRAWN, captured, record_mixture_lab
from ganflow.widgets.mixture_lab.trainer import Trainer
from ganflow.widgets.mixture_lab.view import MixtureLabView, labels, mixture_lab

BASE = GanSetting(step_size=0.01, width=8, batch=16, shown=200)
RATES = {"½": 0.5, "2": 2.0}
PENALTIES = {"none": ("R1", 0.0), "WGAN-GP": ("WGAN-GP", 0.1)}


@pytest.fixture(scope="module")
def lab():
    """Two schedules, two rates, two penalties, two seeds; ticks 0, 3, 6, 8."""
    return record_mixture_lab(
        BASE,
        schedules=(SIMULTANEOUS, ALTERNATING),
        rates=RATES,
        penalties=PENALTIES,
        seeds=(3, 5),
        ticks=8,
        every=3,
        progress=False,
    )


@pytest.fixture
def view(lab):
    return MixtureLabView(lab)


@pytest.mark.parametrize("at", [(0, 0, 0, 0), (1, 1, 0, 1), (0, 1, 1, 0), (1, 0, 1, 1)])
def test_each_film_is_what_play_does_under_these_labels(lab, at):
    schedule, rate, penalty, seed = at
    kind, strength = list(PENALTIES.values())[penalty]
    setting = replace(
        BASE,
        schedule=(SIMULTANEOUS, ALTERNATING)[schedule],
        step_size_D=BASE.step_size * list(RATES.values())[rate],
        penalty="none" if strength == 0 else kind,
        strength=strength,
        seed=(3, 5)[seed],
    )
    run = play(
        setting.players(),
        setting.schedule,
        rule=setting.rules(),
        ticks=8,
        record_every=3,
    )
    assert lab.ticks == tuple(run.tick) == (0, 3, 6, 8)
    np.testing.assert_allclose(lab.samples[at], run["samples"][:, :DRAWN], atol=1e-5)
    assert lab.counted == run["samples"].shape[1]
    real = BASE.data.sample(lab.counted, np.random.default_rng(0))
    for mine, theirs in (
        (lab.captured.sum(-1), captured_modes(run["samples"], BASE.data)),
        (lab.share, high_quality_share(run["samples"], BASE.data)),
        (lab.distance, sliced_wasserstein(run["samples"], real, directions=16)),
    ):
        np.testing.assert_allclose(mine[at], theirs, atol=1e-5)


def test_surface_is_the_score_of_the_plane_from_the_lowest_corner(lab):
    setting = replace(BASE, schedule=SIMULTANEOUS, step_size_D=0.005, seed=3)
    D = setting.players().D
    along = np.linspace(-lab.extent, lab.extent, lab.surface.shape[-1])
    for row, column in ((0, 0), (0, -1), (-1, 3)):
        score = D(torch.tensor([[along[column], along[row]]]).float()).item()
        recorded = lab.surface[0, 0, 0, 0, 0, row, column]
        np.testing.assert_allclose(recorded, score, atol=1e-5)


def test_captured_counts_each_mode_once_and_only_near_it():
    mixture = ring()
    samples = np.concatenate([mixture.centres[[2, 2, 5]], [[0.0, 0.0]]])
    assert np.flatnonzero(captured(samples, mixture)).tolist() == [2, 5]


def parts(lab):
    """The packed arrays again, as the picture finds them."""
    data, states = zlib.decompress(packed(lab)), lab.share.size
    sizes = [16, *(np.prod(x.shape[5:]) for x in (lab.samples, lab.surface))]
    ends = np.cumsum([*sizes, lab.captured.shape[-1]]) * states
    assert len(data) == ends[-1]
    cut, kinds = (
        np.split(np.frombuffer(data, "u1"), ends[:-1]),
        ("<f4", "i1", "u1", "u1"),
    )
    typed = [x.view(kind) for x, kind in zip(cut, kinds, strict=True)]
    return [x.reshape(*lab.share.shape, -1) for x in typed]


def test_packing_moves_a_sample_by_half_a_step_and_a_score_by_half_a_level(lab):
    numbers, samples, surface, found = parts(lab)
    step = lab.extent / STEPS
    np.testing.assert_allclose(
        samples * step,
        lab.samples.reshape(samples.shape).clip(-lab.extent, lab.extent),
        atol=step / 2 * 1.001,
    )
    low, high = numbers[..., 2:3], numbers[..., 3:]
    off = low + surface / LEVELS * (high - low) - lab.surface.reshape(surface.shape)
    assert (np.abs(off) <= (high - low) / LEVELS / 2 * 1.001).all()
    np.testing.assert_allclose(numbers[..., 0], lab.share, rtol=1e-6)
    np.testing.assert_allclose(numbers[..., 1], lab.distance, rtol=1e-6)
    np.testing.assert_array_equal(found, lab.captured)


@pytest.mark.parametrize("name", ["samples", "surface", "distance"])
def test_a_state_that_is_not_finite_has_no_numbers_and_spoils_no_other(lab, name):
    spoilt = getattr(lab, name).copy()
    spoilt[1, 0, 1, 0, 2] = np.inf
    numbers = parts(replace(lab, **{name: spoilt}))[0]
    assert np.isnan(numbers[1, 0, 1, 0, 2]).all()
    assert np.isnan(numbers).any(axis=-1).sum() == 1


def test_a_sample_far_outside_lies_on_the_edge(lab):
    far = lab.samples.copy()
    far[0, 0, 0, 0, 1, 4] = (-1e9, 0.0)
    sent = parts(replace(lab, samples=far))[1].reshape(far.shape)
    assert sent[0, 0, 0, 0, 1, 4].tolist() == [-STEPS, 0]


def test_data_without_modes_is_refused_before_anything_trains():
    plane = replace(BASE, data=digits_plane())
    with pytest.raises(ValueError, match="a Cloud, expected a Mixture: the lab counts"):
        record_mixture_lab(plane, progress=False)


def test_record_names_the_array_whose_shape_does_not_fit(lab):
    with pytest.raises(ValueError, match=r"share has shape \(2, 2, 2, 2\), expected"):
        replace(lab, share=lab.share[..., 0])


def test_controls_are_ordinary_widgets_linked_in_the_browser(lab):
    box = mixture_lab(lab, a=(1, 0, 1, 0), b=(0, 1, 0, 1), time=2)
    view = box.children[2].model_id  # other widgets of this process are there too
    targets = {trait for _, _, other, trait in links(box) if other == view}
    settings = {f"{run}_{name}" for run in "ab" for name in lab.choices}
    assert targets == settings | {"time"}
    for run, places in zip("AB", [(1, 0, 1, 0), (0, 1, 0, 1)], strict=True):
        controls = box.children[0].children["AB".index(run)].children
        assert tuple(control.index for control in controls) == places
        assert [control.options for control in controls] == [*lab.choices.values()]
        assert all(control.description.startswith(f"{run}: ") for control in controls)


def test_controls_for_training_come_only_where_a_kernel_answers(lab):
    box = mixture_lab(lab, base=BASE)
    view, own = box.children[2], box.children[-1]
    (sentence,) = own.children
    assert "running kernel" in sentence.value
    view.ping = "0.5"  # as the page asks
    asked = own.children
    names = [part.description for row in asked[:2] for part in row.children]
    assert {"schedule", "seed", "train this one now", "stop"} <= set(names)
    view.ping = "0.7"  # a second view of the same lab
    assert own.children is asked


def trainer(view, **values):
    made = Trainer(view, BASE)
    for name, value in values.items():
        getattr(made, name).value = value
    return made


def test_a_run_of_ones_own_streams_frame_by_frame_into_b(view):
    made, ticks, times = trainer(view, schedule="d dg", rate=0.5, seed=9), [], []
    view.observe(lambda change: ticks.append(change["new"]["ticks"]), "live")
    view.observe(lambda change: times.append(change["new"]), "time")
    asyncio.run(made.train())
    assert ticks == [[0], [0, 3], [0, 3, 6], [0, 3, 6, 8]]
    assert times == [1, 2, 3]
    assert made.bar.value == made.bar.max == 8
    assert view.live["schedule"] == ["D DG"] and view.live["rate"] == ["0.5"]
    assert made.says.value.startswith("Trained.")


def test_what_is_trained_now_is_what_is_recorded(view, lab):
    made = trainer(view, schedule="D G", rate=2.0, seed=5)
    asyncio.run(made.train())
    own = replace(
        lab,
        **{name: (getattr(lab, name)[0],) for name in NAMES},
        **{name: getattr(lab, name)[1:, 1:, :1, 1:] for name in ARRAYS},
    )
    live = zlib.decompress(view.live["film"])
    np.testing.assert_allclose(
        np.frombuffer(live[: 16 * 4], "<f4"), parts(own)[0].ravel(), atol=1e-4
    )
    assert labels(own).keys() == view.live.keys() - {"film"}


NAMES = ("schedules", "rates", "penalties", "seeds")
ARRAYS = ("samples", "surface", "captured", "share", "distance")


def test_stop_ends_the_training_and_keeps_what_was_trained(view):
    made = trainer(view)
    view.observe(lambda change: change["new"] == 1 and made.stop.click(), "time")
    asyncio.run(made.train())
    assert view.live["ticks"] == [0, 3]
    assert made.says.value.startswith("Stopped at tick 3.")
    assert made.stop.disabled and not made.start.disabled


def test_the_button_starts_one_task_and_the_kernel_goes_on(view):
    made, other = trainer(view), []

    async def kernel():
        made.start.click()
        first = made.task
        made.start.click()
        assert made.task is first
        while not first.done():
            other.append(len(view.live.get("ticks", [])))
            await asyncio.sleep(0)
        await first

    asyncio.run(kernel())
    assert set(other) >= {1, 2, 3}
    assert len(view.live["ticks"]) == 4


def test_turning_a_control_of_b_stops_the_run_and_shows_the_recorded_one(view):
    made = trainer(view)
    view.observe(lambda c: c["new"] == 2 and view.set_trait("b_rate", 1), "time")
    asyncio.run(made.train())
    assert view.live == {}
    assert made.says.value.startswith("Stopped")


@pytest.mark.parametrize(
    ("values", "makes"),
    [
        ({"schedule": "D <X"}, lambda: Schedule.from_text("D <X")),
        ({"schedule": "D D"}, lambda: Schedule.from_text("D D")),
        ({"schedule": ""}, lambda: Schedule.from_text("")),
        ({"rate": -1.0}, lambda: replace(BASE, step_size_D=-0.01)),
        ({"seed": -1}, lambda: replace(BASE, seed=-1)),
    ],
)
def test_a_mistake_is_told_in_the_words_of_who_found_it(view, values, makes):
    with pytest.raises(ValueError) as told:
        makes()
    made = trainer(view, **values)
    asyncio.run(made.train())
    words = str(told.value).replace("<", "&lt;").replace("'", "&#x27;")
    assert made.says.value == f"<b>{words}</b>"
    assert not made.start.disabled


def test_an_error_that_is_no_mistake_of_the_reader_is_not_swallowed(view, monkeypatch):
    made = trainer(view)
    monkeypatch.setattr(view, "show_live", lambda lab: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(made.train())
    assert "division by zero" in made.says.value
