"""Recorded GANs of the plane to compare: who moves when, how fast, held by what."""

from __future__ import annotations

import anywidget
import ipywidgets
import traitlets

from ganflow.sweeps import GanSetting
from ganflow.widgets.kit import script_of, style_of
from ganflow.widgets.mixture_lab.record import MixtureLab, packed
from ganflow.widgets.mixture_lab.recording import BASE
from ganflow.widgets.mixture_lab.trainer import Trainer

NO_KERNEL = (
    "With a running kernel (in Jupyter, or on Colab) you can also train a run of your "
    "own here, with a schedule that you type."
)
LEGEND = (
    "Blue dots are fakes, the line behind a dot leads to where it was at the record "
    "before. Circles are the real modes, to 3 standard deviations: whole where one of "
    "{counted:,} fakes lies within, dashed where none does. A stronger orange is a "
    "higher score of D. In the curves A is solid, B dashed."
)
WORDS = {"rate": "critic’s rate"}  # of controls that are not called as the setting is


class MixtureLabView(anywidget.AnyWidget):
    """Two runs of a `MixtureLab` at one tick: fakes over D's surface, and curves.

    `a_schedule`, `a_rate`, `a_penalty`, `a_seed`, the same with b (positions in the
    record) and `time` (position of the tick) choose what is shown; they may come from
    another widget by `jslink`, so no kernel is needed. Where there is one it answers
    `ping`. `live`, a film in the record's form, is shown in B's place.

    Parameters
    ----------
    record : MixtureLab
        As `record_mixture_lab` makes it.
    **chosen : int
        What to begin with, by the name of the trait.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    film = traitlets.Bytes().tag(sync=True)
    a_schedule = traitlets.Int(0).tag(sync=True)
    a_rate = traitlets.Int(0).tag(sync=True)
    a_penalty = traitlets.Int(0).tag(sync=True)
    a_seed = traitlets.Int(0).tag(sync=True)
    b_schedule = traitlets.Int(0).tag(sync=True)
    b_rate = traitlets.Int(0).tag(sync=True)
    b_penalty = traitlets.Int(0).tag(sync=True)
    b_seed = traitlets.Int(0).tag(sync=True)
    time = traitlets.Int(0).tag(sync=True)
    live = traitlets.Dict().tag(sync=True)
    ping = traitlets.Unicode("").tag(sync=True)

    def __init__(self, record: MixtureLab, **chosen: int):
        self.lab = record
        super().__init__(record_=labels(record), film=packed(record), **chosen)

    def show_live(self, record: MixtureLab | None) -> None:
        """Show a film in B's place, as far as it goes; None: what was recorded."""
        self.live = labels(record) | {"film": packed(record)} if record else {}


def labels(record: MixtureLab) -> dict:
    """All of a record but its arrays, as the picture reads it."""
    return {name: list(options) for name, options in record.choices.items()} | {
        "ticks": list(record.ticks),
        "extent": float(record.extent),
        "radius": float(record.radius),
        "centres": record.centres.tolist(),
        "drawn": record.samples.shape[-2],
        "side": record.surface.shape[-1],
    }


def mixture_lab(
    record: MixtureLab,
    *,
    a: tuple[int, int, int, int] = (0, 0, 0, 0),
    b: tuple[int, int, int, int] = (0, 0, 0, 0),
    time: int = 0,
    base: GanSetting = BASE,
) -> ipywidgets.VBox:
    """The picture under its controls: two runs, each with its own, and one clock.

    Parameters
    ----------
    record : MixtureLab
        As `record_mixture_lab` makes it.
    a : tuple of int
        Schedule, rate, penalty and seed of run A to begin with, as positions in
        `record`.
    b : tuple of int
        The same of run B.
    time : int
        The tick to begin with, as a position in `record.ticks`.
    base : GanSetting
        What the recorded runs shared, and one that is trained now shares with them.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel. Where one answers, it also trains a run that was not
        recorded.

    Gradient: none without a kernel; with one, `play`'s.
    """
    chosen = {
        f"{run}_{name}": place
        for run, places in (("a", a), ("b", b))
        for name, place in zip(record.choices, places, strict=True)
    }
    view = MixtureLabView(record, time=time, **chosen)
    runs = [_choices(view, run) for run in "ab"]
    pair = ipywidgets.Box(runs).add_class("gf-mixture-pair")
    legend = LEGEND.format(counted=record.counted)
    hint = ipywidgets.HTML(legend).add_class("gf-hint")
    return ipywidgets.VBox([pair, _clock(view), view, hint, _training(view, base)])


def _choices(view: MixtureLabView, run: str) -> ipywidgets.Box:
    """The four controls of one run."""
    controls = []
    for name, options in view.lab.choices.items():
        trait = f"{run}_{name}"
        control = ipywidgets.Dropdown(
            options=options,
            index=getattr(view, trait),
            description=f"{run.upper()}: {WORDS.get(name, name)}",
            style={"description_width": "7.5em"},
            layout={"width": "auto"},
        )
        ipywidgets.jslink((control, "index"), (view, trait))
        controls.append(control)
    return ipywidgets.Box(controls).add_class("gf-mixture-run")


def _clock(view: MixtureLabView) -> ipywidgets.Box:
    """The tick on a slider, and Play."""
    ticks = view.lab.ticks
    slider = ipywidgets.SelectionSlider(
        options=[f"{tick:,}" for tick in ticks],
        index=view.time,
        description="tick",
        style={"description_width": "2.5em"},
    )
    play = ipywidgets.Play(
        max=len(ticks) - 1, value=view.time, interval=150, show_repeat=False
    )
    ipywidgets.jslink((play, "value"), (slider, "index"))
    ipywidgets.jslink((slider, "index"), (view, "time"))
    return ipywidgets.Box([slider, play]).add_class("gf-clock")


def _training(view: MixtureLabView, base: GanSetting) -> ipywidgets.Box:
    """One sentence, until a kernel answers: then the controls of a run of one's own."""
    sentence = ipywidgets.HTML(NO_KERNEL).add_class("gf-hint")
    place = ipywidgets.Box([sentence]).add_class("gf-mixture-own")

    def wake(_change: object) -> None:
        if place.children == (sentence,):
            place.children = Trainer(view, base).controls

    view.observe(wake, "ping")
    return place
