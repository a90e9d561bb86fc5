"""Two GANs of the plane, trained in the page under schedules that a reader types."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ipywidgets
import traitlets

from ganflow.data import Cloud, Mixture
from ganflow.dynamics import RULES
from ganflow.dynamics.players import PENALTIES
from ganflow.live.inputs import read_by
from ganflow.live.program import gan_program
from ganflow.live.settings import page_data
from ganflow.losses import LOSSES
from ganflow.sweeps import GanSetting
from ganflow.widgets.first_view import WithFirstView, with_first_view
from ganflow.widgets.kit import KitView, script_of, style_of
from ganflow.widgets.mixture_lab.controls import IDLE, controls_of
from ganflow.widgets.mixture_lab.experiments import (
    BASE,
    DATA,
    EXPERIMENTS,
    data_of,
    name_of,
    setting_of,
)
from ganflow.widgets.mixture_lab.opening import (
    COUNTED,
    DIRECTIONS,
    REACH,
    SIDE,
    opening,
    packed,
)
from ganflow.widgets.mixture_lab.still import still

TICKS, EVERY, SEEDS = 1500, 100, 12  # of a run, between marks, of a spread
FIXED = ("width", "latent", "depth", "epsilon")  # what all runs of a lab share
KINDS = {
    "schedule": traitlets.Unicode,
    "step_size_D": traitlets.Float,
    "step_size_G": traitlets.Float,
    "penalty": traitlets.Int,
    "strength": traitlets.Float,
    "seed": traitlets.Int,
    "rule": traitlets.Int,
    "beta1": traitlets.Float,
    "beta2": traitlets.Float,
    "beta": traitlets.Float,
    "loss": traitlets.Int,
    "batch": traitlets.Int,
    "data": traitlets.Int,
}
LEGEND = "".join(
    f"<div>{line}</div>"
    for line in (
        "Blue dots: fakes; the line at a dot is the way in which G’s loss pushes it. "
        "Stronger orange: a higher score of D.",
        f"Circles: real modes, to 3 standard deviations; whole if one of {COUNTED:,} "
        "fakes lies within, else dashed. Data without modes: small dots.",
        f"Curves: A solid, B dashed, measured every {EVERY} ticks. Of {SEEDS} seeds "
        "each is a thin line, their median the thick one.",
        "The moves are those of <code>ganflow</code>, summed in another order than in "
        "a notebook: long runs may part.",
    )
)


class MixtureLabView(KitView):
    """Two GANs side by side, trained by the page that shows them.

    For each run, A and B, a trait for each field of its setting: `a_schedule`,
    `a_step_size_D` and so on; a choice, such as `a_rule`, is a place in `lab`. They may
    come from other widgets by `join`, so no kernel is needed.

    Parameters
    ----------
    a : GanSetting
        Run A to begin with.
    b : GanSetting
        Run B to begin with; of the same width, latent, depth and epsilon.
    batches : sequence of int
        The batch sizes to choose from, besides those of the two.
    opens_at : int
        >= 0, the tick of the recorded picture that is seen before the page trains.

    Raises
    ------
    ValueError
        Two sizes of networks, data that the lab does not know.
    """

    _esm = script_of(
        __file__,
        "./loop.js",
        "./panel.js",
        "./pair.js",
        "./words.js",
        "./pictures.js",
        "./settings.js",
        "./training.js",
        "../../live/measures.js",
        "../../live/program.js",
        "../../live/schedule.js",
    )
    _css = style_of(__file__)
    lab = traitlets.Dict().tag(sync=True)
    programs = traitlets.Dict().tag(sync=True)  # by the batch
    first = traitlets.Dict().tag(sync=True)  # the recorded picture
    experiment = traitlets.Int().tag(sync=True)
    slow = traitlets.Bool().tag(sync=True)
    pushes = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        a: GanSetting,
        b: GanSetting,
        *,
        batches: Sequence[int] = (16, 64, 256),
        opens_at: int = 300,
    ):
        a, b = _shown_like_the_lab(a), _shown_like_the_lab(b)
        lab = _lab(a, b, sorted({*batches, a.batch, b.batch}))
        chosen = {}
        for run, setting in (("a", a), ("b", b)):
            chosen |= {f"{run}_{k}": v for k, v in _traits(setting, lab).items()}
        kinds = {name: KINDS[name.partition("_")[2]] for name in chosen}
        kinds |= {f"{run}_idle_{name}": traitlets.Bool for run in "ab" for name in IDLE}
        self.add_traits(**{n: kind().tag(sync=True) for n, kind in kinds.items()})
        self.opened = {
            name: (setting, opening(setting, ticks=opens_at))
            for name, setting in (("A", a), ("B", b))
        }
        first = {name.lower(): packed(seen) for name, (_, seen) in self.opened.items()}
        super().__init__(
            lab=lab,
            programs={str(n): _program(a, n) for n in lab["choices"]["batch"]},
            first={"tick": opens_at} | first,
            experiment=_experiment_of(a, b),
            **chosen,
        )


def _shown_like_the_lab(setting: GanSetting) -> GanSetting:
    return replace(setting, shown=BASE.shown)


def _lab(a: GanSetting, b: GanSetting, batches: list[int]) -> dict[str, Any]:
    """What both runs can choose from, and what no control changes."""
    for name in FIXED:
        mine, other = getattr(a, name), getattr(b, name)
        if mine != other:
            raise ValueError(
                f"{name} is {mine} in A and {other} in B; expected one for both: they "
                "are one program"
            )
    choices = {
        "penalty": list(PENALTIES),
        "rule": list(RULES),
        "loss": list(LOSSES),
        "batch": batches,
        "data": list(DATA),
    }
    experiments = [
        {
            "says": known.says,
            "a": _values(setting_of(known.a)),
            "b": _values(setting_of(known.b, known.seed_b)),
        }
        for known in EXPERIMENTS
    ]
    return {
        "choices": choices,
        "base": _values(BASE),
        "reads": {name: read_by(rule) for name, rule in RULES.items()},
        "experiments": [{"says": ""}, *experiments],
        "fixed": {name: getattr(a, name) for name in FIXED} | {"shown": a.shown},
        "data": {
            name: _data(data_of(name), make.__name__) for name, make in DATA.items()
        },
        "ticks": TICKS,
        "every": EVERY,
        "seeds": SEEDS,
        "counted": COUNTED,
        "reach": REACH,
        "directions": DIRECTIONS,
    }


def _data(data: Mixture | Cloud, made_by: str) -> dict[str, Any]:
    told = {"call": f"{made_by}()"} | page_data(data)
    if isinstance(data, Cloud):
        told["points"] = data.points.astype("<f4").tobytes()
    return told


def _values(setting: GanSetting) -> dict[str, Any]:
    """A setting by the names of the traits."""
    values = {name: getattr(setting, name) for name in KINDS}
    return values | {
        "schedule": setting.schedule.text,
        "step_size_D": setting.step_of("D"),
        "step_size_G": setting.step_of("G"),
        "data": name_of(setting.data),
    }


def _traits(setting: GanSetting, lab: dict[str, Any]) -> dict[str, Any]:
    """The same, each choice by its place."""
    return {
        name: lab["choices"][name].index(value) if name in lab["choices"] else value
        for name, value in _values(setting).items()
    }


def _program(setting: GanSetting, batch: int) -> dict[str, Any]:
    """The compiled moves of runs with this batch, deflated, and their layout."""
    made = gan_program(
        replace(setting, batch=batch),
        losses=tuple(LOSSES),
        penalties=PENALTIES,
        rules=tuple(RULES),
        side=SIDE,
        reach=REACH,
    )
    return {"code": zlib.compress(made.code, 9), "layout": made.layout}


def _experiment_of(a: GanSetting, b: GanSetting) -> int:
    """The place of the experiment that these are; 0 if they are none."""
    wanted = (_values(a), _values(b))
    for place, known in enumerate(EXPERIMENTS, start=1):
        both = setting_of(known.a), setting_of(known.b, known.seed_b)
        if tuple(map(_values, both)) == wanted:
            return place
    return 0


def mixture_lab(
    a: GanSetting,
    b: GanSetting,
    *,
    batches: Sequence[int] = (16, 64, 256),
    opens_at: int = 300,
) -> WithFirstView:
    """The picture under its controls: two runs, each with its own.

    Parameters
    ----------
    a : GanSetting
        Run A to begin with.
    b : GanSetting
        Run B to begin with; of the same width, latent, depth and epsilon.
    batches : sequence of int, default (16, 64, 256)
        The batch sizes to choose from, besides those of the two.
    opens_at : int, default 300
        >= 0, the tick of the recorded picture that is seen before the page trains.

    Returns
    -------
    WithFirstView
        It trains in the page; a kernel only makes it. Where nothing can be trained, a
        picture of how it opens.

    Raises
    ------
    ValueError
        Two sizes of networks, data that the lab does not know.

    Gradient: `play`'s, cut between turns: its moves are traced and compiled.
    """
    view = MixtureLabView(a, b, batches=batches, opens_at=opens_at)
    top, pair = controls_of(view)
    hint = ipywidgets.HTML(LEGEND).add_class("gf-hint")
    box = ipywidgets.VBox([top, pair, view, hint]).add_class("gf-mixture-all")
    texts = " and ".join(setting.schedule.text for setting, _ in view.opened.values())
    return with_first_view(
        box,
        lambda: still(view.opened),
        alt=f"Two GANs of the plane at tick {opens_at}, under {texts}: their fakes "
        "over the surface of D’s score, and where the real points are.",
        sentence="Where scripts run, the page trains both, under any schedule.",
    )
