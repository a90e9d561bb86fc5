"""A game of two numbers to turn in the hand: who moves when, how far, by which rule."""

from __future__ import annotations

import zlib

import anywidget
import ipywidgets
import traitlets

from ganflow.dynamics import play
from ganflow.schedule import Schedule
from ganflow.widgets.kit import script_of, style_of
from ganflow.widgets.schedule_lab.choices import growth_of, setting_of
from ganflow.widgets.schedule_lab.codec import grows, packed, pairs, sent, told
from ganflow.widgets.schedule_lab.record import ScheduleLab, measured
from ganflow.widgets.schedule_lab.recording import kept, reads_of

MOST_TURNS = 12  # of a typed schedule
NO_KERNEL = (
    "With a running kernel (in Jupyter, or on Colab) you can also drag the start and "
    "type a schedule of your own."
)
KERNEL = (
    "Drag the start, or focus it and use the arrow keys. A typed schedule such as "
    "<code>D D G</code> replaces the chosen one; <code>DG</code> is both at once."
)


class ScheduleLabView(anywidget.AnyWidget):
    """A recorded run of a `ScheduleLab`: its path, a tick's eigenvalues, its radius.

    `loss`, `schedule`, `step`, `rule`, `penalty` (positions in the record) and `tick`
    choose what is shown; they may come from another widget by `jslink`, so no kernel is
    needed. Where there is one it answers `ping`, and plays what was not recorded: from
    another `start`, or under a `typed` schedule.

    Parameters
    ----------
    record : ScheduleLab
        As `record_schedule_lab` makes it.
    **chosen : int
        What to begin with, by the name of the trait.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    loss = traitlets.Int(0).tag(sync=True)
    schedule = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    rule = traitlets.Int(0).tag(sync=True)
    penalty = traitlets.Int(0).tag(sync=True)
    tick = traitlets.Int(0).tag(sync=True)
    start = traitlets.List(traitlets.Float(), [1.0, 1.0]).tag(sync=True)
    typed = traitlets.Unicode("").tag(sync=True)
    live = traitlets.Dict().tag(sync=True)  # a kernel's answer; empty: the record
    ping = traitlets.Unicode("").tag(sync=True)
    pong = traitlets.Unicode("").tag(sync=True)

    def __init__(self, record: ScheduleLab, **chosen: int):
        self.lab = record
        super().__init__(record_=sent(record), start=list(record.start), **chosen)
        self.observe(self._answer, [*record.choices, "start", "typed"])

    @traitlets.observe("ping")
    def _say_that_a_kernel_listens(self, change: dict) -> None:
        self.pong = change["new"]

    def _answer(self, _change: object = None) -> None:
        """Play what the controls say, if it was not recorded."""
        if not self.typed.strip() and tuple(self.start) == tuple(self.lab.start):
            self.live = {}
            return
        chosen = {name: getattr(self, name) for name in self.lab.choices}
        try:
            run = self._play()
        except ValueError as error:
            run = {"message": f"{error}."}
        self.live = {"chosen": list(chosen.values()), **run}

    def _play(self) -> dict:
        lab = self.lab
        schedule = Schedule.from_text(self.typed or lab.texts[self.schedule])
        if len(schedule.turns) > MOST_TURNS:
            raise ValueError(
                f"at most {MOST_TURNS} turns in a tick are played here, "
                f"got {len(schedule.turns)}"
            )
        setting = setting_of(
            lab.losses[self.loss],
            schedule,
            lab.step_sizes[self.step],
            lab.rules[self.rule],
            lab.penalties[self.penalty],
            self.start,
        )
        players, rules = setting.players(), setting.rules()
        run = play(players, schedule, rule=rules, ticks=lab.ticks, each_turn=True)
        paths, growth = kept(run, lab.fine), growth_of(setting)
        whole = run.turn == 0
        return {
            "told": told(reads_of(schedule)),
            "grows": grows(growth, measured(run.theta[whole], run.psi[whole])),
            "length": paths["theta"].shape[-1],
            "paths": packed(**paths),
            "eigenvalues": zlib.compress(pairs(growth)),
        }


def schedule_lab(
    record: ScheduleLab, *, tick: int = 40, **chosen: int
) -> ipywidgets.VBox:
    """The picture under its controls.

    Parameters
    ----------
    record : ScheduleLab
        As `record_schedule_lab` makes it.
    tick : int
        The tick to begin with.
    **chosen : int
        loss, schedule, step, rule and penalty to begin with, as positions in `record`.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel, and does more with one.

    Gradient: none without a kernel; with one, `play`'s.
    """
    view = ScheduleLabView(record, tick=tick, **chosen)
    look = {"style": {"description_width": "5.5em"}, "layout": {"width": "auto"}}
    words = {"step": "step size", "rule": "step rule"}
    controls = []
    for name, options in record.choices.items():
        kind = ipywidgets.SelectionSlider if name == "step" else ipywidgets.Dropdown
        control = kind(
            options=[str(option) for option in options],
            index=getattr(view, name),
            description=words.get(name, name),
            **look,
        )
        ipywidgets.jslink((control, "index"), (view, name))
        controls.append(control)
    grid = ipywidgets.Box(controls).add_class("gf-lab-controls")
    parts = [grid, _time(view), view, *_typing(view)]
    return ipywidgets.VBox(parts).add_class("gf-lab-all")


def _time(view: ScheduleLabView) -> ipywidgets.Box:
    """Play, and the tick on a slider; in the picture single moves can be stepped."""
    ends = {"min": 0, "max": view.lab.ticks, "value": view.tick}
    clock = ipywidgets.Play(interval=60, show_repeat=False, **ends)
    slider = ipywidgets.IntSlider(
        description="tick", style={"description_width": "5.5em"}, **ends
    )
    ipywidgets.jslink((clock, "value"), (slider, "value"))
    ipywidgets.jslink((slider, "value"), (view, "tick"))
    return ipywidgets.Box([slider, clock]).add_class("gf-lab-time")


def _typing(view: ScheduleLabView) -> tuple[ipywidgets.Widget, ...]:
    """A line for a schedule of one's own, asleep until a kernel answers the page."""
    line = ipywidgets.Text(
        description="your own",
        placeholder="D D G",
        disabled=True,
        continuous_update=False,
        style={"description_width": "5.5em"},
    ).add_class("gf-lab-typed")
    hint = ipywidgets.HTML(NO_KERNEL).add_class("gf-lab-hint")

    def wake(_change: object) -> None:
        line.disabled, hint.value = False, KERNEL

    view.observe(wake, "pong")
    ipywidgets.link((line, "value"), (view, "typed"))
    return line, hint
