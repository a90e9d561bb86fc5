"""The mixture lab trains what `ganflow` trains, and opens at what chapter 5 found."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import record_tuning
import torch
from in_node import node
from mixture_view import COUNTED, EVERY, SMALL, TICKS, A, B, small_view, traits_of
from widget_pages import links

from ganflow.data import Mixture, ring
from ganflow.dynamics import Networks
from ganflow.metrics import captured_modes, high_quality_share, sliced_wasserstein
from ganflow.schedule import Schedule
from ganflow.sweeps import GanSetting
from ganflow.sweeps.stack import Stack
from ganflow.widgets.mixture_lab import (
    EXPERIMENTS,
    MixtureLabView,
    mixture_lab,
    setting_of,
)
from ganflow.widgets.mixture_lab.experiments import (
    BASE,
    CHANGES,
    DATA,
    data_of,
    name_of,
)
from ganflow.widgets.mixture_lab.opening import DIRECTIONS, FAR, REACH, opening, packed
from ganflow.widgets.mixture_lab.view import FIXED, KINDS

PAIR = Path(__file__).with_name("mixture_pair.mjs")
PAGES = Path(__file__).parents[2] / "book" / "05_tuning"
TUNED = {name: setting for (_, name), setting in record_tuning.settings().items()}


@pytest.fixture(scope="module")
def view():
    return small_view()


@pytest.fixture(scope="module")
def page():
    with node(PAIR) as call:
        yield call


def chosen(view, run, **changes):
    """The view's traits for changes of one run's setting, by name."""
    choices = view.lab["choices"]
    return {
        f"{run}_{name}": choices[name].index(value) if name in choices else value
        for name, value in changes.items()
    }


def stack_at(setting, ticks):
    """The players and their parameters, as `sweep` has them."""
    stack = Stack.of([setting], torch.device("cpu"))
    for _ in range(ticks):
        stack.tick()
    return cast(Networks, stack.players), stack.state.values


CHANGED = [
    {},
    {"schedule": "DG", "loss": "hinge", "penalty": "WGAN-GP", "strength": 0.1},
    {"schedule": "d dg g", "rule": "momentum", "beta": -0.3, "step_size_G": 0.01},
    {"data": "grid of 25", "seed": 4294967295, "loss": "saturating"},
    {"data": "moons", "rule": "extragradient", "step_size_D": 0.05},
    {"data": "digits in a plane", "penalty": "clipping", "strength": 0.05},
]


@pytest.mark.parametrize("changes", CHANGED, ids=str)
def test_a_run_on_the_page_is_the_run_in_python(view, page, changes):
    mine, other = page("trained", traits_of(view), chosen(view, "a", **changes), TICKS)
    asked = changes | ({"data": data_of(changes["data"])} if "data" in changes else {})
    for seen, setting in ((mine, replace(A, **asked)), (other, B)):
        players, values = stack_at(setting, TICKS)
        samples = players.observe(values)["samples"][0]
        assert seen["tick"] == TICKS and seen["lost"] is None
        found = np.reshape(seen["samples"], (-1, 2))
        np.testing.assert_allclose(found, samples, rtol=0, atol=1e-5)
        along = torch.linspace(-REACH, REACH, view.programs["16"]["layout"]["side"])
        corner = torch.stack([along[[0, 1, 0]], along[[0, 0, 1]]], -1)[None]
        score = players.score(values["D"], corner)[0].detach()
        first = np.array(seen["scores"])[[0, 1, len(along)]]
        np.testing.assert_allclose(first, score, rtol=0, atol=1e-4)


@pytest.mark.parametrize("data", ["ring of 8", "grid of 25", "moons"])
def test_what_is_measured_on_the_page_is_what_the_metrics_say(view, page, data):
    changes = chosen(view, "a", data=data)
    marks = page("trained", traits_of(view), changes, TICKS)[0]["marks"]
    assert [mark["tick"] for mark in marks] == list(range(0, TICKS + 1, EVERY))
    points = data_of(data)
    players, values = stack_at(replace(A, data=points), TICKS)
    drawn = [players.draw("G", FAR + k, 500) for k in range(2)]
    z, real = (
        torch.cat([getattr(batch, name)[0] for batch in drawn])[:COUNTED]
        for name in ("z", "x_real")
    )
    fakes = torch.func.functional_call  # the networks themselves hold the first weights
    names = [name for name, _ in players.G.named_parameters()]
    own = dict(zip(names, (v[0] for v in values["G"]), strict=True))
    fakes = fakes(players.G, own, z).detach().numpy()
    last = marks[-1]
    distance = sliced_wasserstein(fakes, real.numpy(), directions=DIRECTIONS)
    np.testing.assert_allclose(last["distance"], distance, rtol=1e-4)
    if isinstance(points, Mixture):
        assert last["modes"] == captured_modes(fakes, points)
        np.testing.assert_allclose(
            last["share"], high_quality_share(fakes, points), rtol=1e-12
        )
        one = [Mixture("", c[None], points.spread) for c in points.centres]
        assert last["captured"] == [bool(captured_modes(fakes, m)) for m in one]
    else:
        assert last["modes"] is last["share"] is None and last["captured"] == []


def test_a_seed_of_the_dozen_is_a_run_of_its_own(view, page):
    kept = page("spread", traits_of(view), {}, 3, TICKS)
    for run, first in (("a", 3), ("b", 0)):
        for k in range(3):
            alone = chosen(view, run, seed=first + k)
            side = page("trained", traits_of(view), alone, TICKS)["ab".index(run)]
            assert kept["ab".index(run)][k] == side["marks"]


def test_in_slow_motion_each_move_names_what_it_reads(view, page):
    changes = chosen(view, "a", schedule="D DG") | chosen(view, "b", schedule="G D D D")
    told = page("stepped", traits_of(view), changes, 2)
    for run, text in (("A", "D DG"), ("B", "G D D D")):
        assert told[run] == 2 * [str(move) for move in Schedule.from_text(text).moves]
    assert told["steps"] == 8  # A waits for the end of B's tick


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schedule": "D D"}, lambda: Schedule.from_text("D D")),
        ({"schedule": ""}, lambda: Schedule.from_text("")),
        ({"schedule": "D <X"}, lambda: Schedule.from_text("D <X")),
        ({"step_size_D": 0}, "step_size_D is 0; expected a finite number, above 0"),
        ({"seed": -1}, "seed is -1; expected a whole number, at least 0 and below"),
        ({"seed": 2**32}, "seed is 4294967296; expected a whole number, at least"),
        ({"beta1": 1}, "beta1 is 1; expected a finite number, at least 0 and below 1"),
        ({"strength": -0.5}, "strength is -0.5; expected a finite number, at least 0"),
        ({"schedule": "D G " * 7}, "the schedule has 14 turns; expected at most 12"),
    ],
)
def test_a_mistake_is_told_in_a_sentence_and_the_other_run_trains(
    view, page, changes, told
):
    if not isinstance(told, str):
        with pytest.raises(ValueError) as found:
            told()
        told = str(found.value)
    mine, other = page("trained", traits_of(view), chosen(view, "a", **changes), 1)
    assert mine["fault"].startswith(told) and mine["fault"].endswith(".")
    assert other["fault"] == "" and other["tick"] == 1


def test_a_run_that_diverges_is_left_at_the_tick_in_which_it_did(view, page):
    wild = chosen(view, "a", rule="gradient descent", step_size_G=1e9, step_size_D=1e9)
    mine, other = page("trained", traits_of(view), wild, TICKS)
    assert 0 < mine["lost"] < TICKS and mine["lost"] - mine["tick"] in (0, 1)
    assert other["lost"] is None and other["tick"] == TICKS


def test_the_recorded_opening_is_the_run_at_that_tick():
    tick = 7
    picture = opening(B, ticks=tick)
    players, values = stack_at(B, tick)
    samples = players.observe(values)["samples"][0]
    np.testing.assert_allclose(picture.samples, samples, rtol=0, atol=1e-5)
    along = np.linspace(-REACH, REACH, 24)
    corner = torch.tensor([[along[1], along[0]], [along[0], along[1]]]).float()
    score = players.score(values["D"], corner[None])[0].detach()
    np.testing.assert_allclose(picture.scores[[1, 24]], score, rtol=0, atol=1e-5)
    fakes = samples.clone().requires_grad_()
    loss = torch.nn.functional.softplus(-players.score(values["D"], fakes[None])).mean()
    slope = torch.autograd.grad(loss, fakes)[0]
    np.testing.assert_allclose(picture.push, -slope, rtol=0, atol=1e-7)
    sent = packed(picture)
    near = np.frombuffer(sent["samples"], "i1").reshape(-1, 2) * REACH / 127
    inside = samples.numpy().clip(-REACH, REACH)
    np.testing.assert_allclose(near, inside, rtol=0, atol=REACH / 127 / 2 * 1.01)
    assert sent["mark"]["tick"] == tick and len(sent["mark"]["captured"]) == 8


@pytest.mark.parametrize("name", CHANGES)
def test_an_experiment_runs_what_the_page_calls_by_this_name(name):
    mine, recorded = setting_of(name), TUNED[name]
    for field in (f.name for f in fields(GanSetting)):
        if field not in ("data", "shown"):
            assert getattr(mine, field) == getattr(recorded, field), field
    assert name_of(mine.data) == recorded.data.name
    cells = "".join(page.read_text() for page in PAGES.glob("*.md"))
    assert f'"{name.removeprefix("digits, ")}"' in cells


def test_every_named_setting_is_in_an_experiment_and_each_says_something():
    assert {name for e in EXPERIMENTS for name in (e.a, e.b)} == CHANGES.keys()
    assert all(len(e.says) > 40 and e.says.endswith(".") for e in EXPERIMENTS)
    assert len({(e.a, e.b) for e in EXPERIMENTS}) == len(EXPERIMENTS)


CLAIMS = {  # of each of twelve seeds: words, and what they say of A's and B's ends
    "has the higher share of high quality for each": lambda a, b: (
        b["modes"] >= 7 and b["share"] > a["share"]
    ),
    "a second move of G, ends with one or two": lambda a, b: b["modes"] in (1, 2),
    "with a faster D, ends with all eight": lambda a, b: (
        a["modes"] >= 7 and b["modes"] == 8
    ),
    "a slower D, ends with one mode or none": lambda a, b: b["modes"] <= 1,
    "B has all eight at each of its last": lambda a, b: b["modes"] == 8,
    "A ends with 2 to 8 modes, B with all": lambda a, b: (
        a["modes"] >= 2 and b["modes"] == 8
    ),
    "A ends with 0 to 8 modes, B with all eight": lambda a, b: b["modes"] == 8,
    "one critic step, ends with 0 to 7": lambda a, b: (
        a["modes"] <= 7 and b["modes"] == 8
    ),
    "A ends with 7 or 8 modes, B with 1 to 8": lambda a, b: (
        a["modes"] >= 7 and b["modes"] >= 1
    ),
    "A’s fakes end further from the data": lambda a, b: a["distance"] > b["distance"],
}


@pytest.fixture(scope="module")
def wide_view():
    """The view with the networks and the batch of the experiments; it measures once."""
    view = MixtureLabView(BASE, BASE, batches=(), opens_at=0)
    view.lab = view.lab | {"every": view.lab["ticks"]}
    return view


@pytest.mark.parametrize(("seed", "words"), [*enumerate(CLAIMS)])
def test_what_is_said_of_each_seed_holds(wide_view, page, seed, words):
    """One of the twelve for each sentence; `run 12 seeds` shows the others."""
    (known,) = [e for e in wide_view.lab["experiments"] if words in e["says"]]
    changes, until = {}, wide_view.lab["ticks"]
    for run in "ab":
        changes |= chosen(wide_view, run, **known[run] | {"seed": seed})
    (a,), (b,) = page("spread", traits_of(wide_view), changes, 1, until)
    assert [marks[-1]["tick"] for marks in (a, b)] == [until, until]
    assert CLAIMS[words](a[-1], b[-1])


def test_other_sentences_are_of_twelve_seeds_together():
    rest = [e for e in EXPERIMENTS if not any(words in e.says for words in CLAIMS)]
    assert all("each" not in e.says for e in rest) and len(rest) == 5


def test_controls_are_ordinary_widgets_linked_in_the_browser():
    box = mixture_lab(A, B, batches=(), opens_at=1)
    top, pair, view = box.children[0].children[:3]
    targets = {t for _, _, other, t in links(box) if other == view.model_id}
    fields = {f"{run}_{name}" for run in "ab" for name in KINDS}
    assert targets == fields | {"experiment", "slow", "pushes"}
    assert [control.description for control in top.children] == [
        "experiment",
        "slow motion",
        "show G’s pushes",
    ]
    for run, controls in zip("AB", pair.children, strict=True):
        *seen, fold, inside = controls.children
        folded = inside.children
        words = [control.description for control in (*seen, *folded)]
        assert all(word.startswith(f"{run}: ") for word in words)
        assert len(seen) == 6 and len(folded) == len(KINDS) - 6
        assert fold.description == f"Optimizer, loss, batch and data of {run}"


def test_the_lab_opens_at_an_experiment_if_it_is_given_one():
    a, b = setting_of("baseline"), setting_of("2 critic steps")
    box = mixture_lab(replace(a, shown=2500), b, batches=(), opens_at=2)
    top, _, found = box.children[0].children[:3]
    assert top.children[0].label == "baseline / 2 critic steps"
    assert found.lab["experiments"][found.experiment]["b"]["schedule"] == "D D G"
    assert found.first["tick"] == 2 and len(found.first["b"]["mark"]["captured"]) == 8


def test_where_nothing_can_train_a_picture_of_the_opening_stands():
    box = mixture_lab(A, replace(B, data=data_of("moons")), batches=(), opens_at=2)
    data, size = box._repr_mimebundle_()
    assert "at tick 2, under D G and D D G" in size["image/png"]["alt"]
    figure = box.draw()
    opened = box.children[0].children[2].opened.values()
    for ax, (_, seen) in zip(figure.axes, opened, strict=True):
        drawn = np.asarray(ax.collections[-1].get_offsets())
        np.testing.assert_allclose(drawn, seen.samples, rtol=0, atol=1e-6)
    assert len(data["image/png"]) < 120_000


def test_two_sizes_and_unknown_data_are_refused():
    with pytest.raises(ValueError, match="width is 8 in A and 9 in B; expected one"):
        mixture_lab(A, replace(B, width=9))
    with pytest.raises(ValueError, match=r"other points than the lab's; expected ganf"):
        mixture_lab(A, replace(B, data=ring(radius=1.0)))
    with pytest.raises(
        ValueError, match="the data is 'ring of 5'; expected one of ring"
    ):
        mixture_lab(replace(A, data=ring(modes=5)), B)


def test_every_data_set_has_its_own_name():
    assert [data_of(name).name for name in DATA] == list(DATA)
    assert set(FIXED) & set(KINDS) == set()
    assert json.loads(traits_of(small_view(SMALL, SMALL)))["experiment"] == 0
