"""A game of two numbers to turn in the hand: who moves when, how far, by which rule."""

from __future__ import annotations

import zlib
from math import log10

import ipywidgets
import traitlets

from ganflow.live.program import game_program
from ganflow.live.settings import page_setting
from ganflow.sweeps import GameSetting
from ganflow.widgets.first_view import WithFirstView, with_first_view
from ganflow.widgets.kit import KitView, script_of, style_of
from ganflow.widgets.schedule_lab.choices import (
    LIMITS,
    LOSSES,
    OPENING,
    PENALTIES,
    RULES,
    offers_of,
    traits_of,
)
from ganflow.widgets.schedule_lab.still import still

HINT = (
    "<code>D D G</code> is three turns, <code>DG</code> one in which both move. Drag "
    "the start, or focus it and use the arrow keys."
)


class ScheduleLabView(KitView):
    """A run that the page plays itself: its path, a tick's eigenvalues, its radius.

    `schedule` (as `Schedule.from_text` reads it), `loss`, `rule` and `penalty`
    (positions in `offers`), the numbers `step`, `times`, `beta`, `strength`, `theta`
    and `psi`, and `tick` say what is shown; they may come from other widgets by
    `join`. `beta_idle` and `strength_idle` say back which of them have no effect.
    No kernel is asked for anything: `program` is the package's own moves as
    WebAssembly, deflated, and `places` where it keeps what.

    Parameters
    ----------
    setting : GameSetting
        What to begin with. Step sizes are played to three digits.
    tick : int
        The tick to begin with.
    ticks : int
        >= 1, how many are played.

    Raises
    ------
    ValueError
        A setting that the controls cannot show; numbers out of range.
    """

    _esm = script_of(
        __file__,
        "../../live/schedule.js",
        "../../live/program.js",
        "../../live/measures.js",
        "./settings.js",
        "./path.js",
    )
    _css = style_of(__file__)
    program = traitlets.Bytes().tag(sync=True)
    places = traitlets.Dict().tag(sync=True)
    offers = traitlets.Dict().tag(sync=True)
    opening = traitlets.Dict().tag(sync=True)
    schedule = traitlets.Unicode().tag(sync=True)
    loss = traitlets.Int().tag(sync=True)
    rule = traitlets.Int().tag(sync=True)
    penalty = traitlets.Int().tag(sync=True)
    step = traitlets.Float().tag(sync=True)
    times = traitlets.Float().tag(sync=True)
    beta = traitlets.Float().tag(sync=True)
    strength = traitlets.Float().tag(sync=True)
    theta = traitlets.Float().tag(sync=True)
    psi = traitlets.Float().tag(sync=True)
    tick = traitlets.Int().tag(sync=True)
    beta_idle = traitlets.Bool().tag(sync=True)
    strength_idle = traitlets.Bool().tag(sync=True)

    def __init__(
        self, setting: GameSetting = OPENING, *, tick: int = 0, ticks: int = 100
    ):
        begun = {"offers": offers_of(setting, ticks), **traits_of(setting)}
        made = game_program(losses=LOSSES, penalties=PENALTIES, rules=RULES)
        super().__init__(
            program=zlib.compress(made.code, 9),
            places=made.layout,
            opening=page_setting(setting),
            tick=tick,
            beta_idle=setting.rule != "momentum",
            strength_idle=setting.penalty == "none",
            **begun,
        )


def schedule_lab(
    setting: GameSetting = OPENING, *, tick: int = 40, ticks: int = 100
) -> WithFirstView:
    """The picture under its controls.

    Parameters
    ----------
    setting : GameSetting
        What to begin with. Step sizes are played to three digits.
    tick : int, default 40
        The tick to begin with.
    ticks : int, default 100
        >= 1, how many are played.

    Returns
    -------
    WithFirstView
        Plays whatever its controls say, with no kernel; where nothing can be played, a
        picture of how it opens.

    Raises
    ------
    ValueError
        A setting that the controls cannot show; numbers out of range.

    Gradient: `play`'s, traced and played on the page.
    """
    view = ScheduleLabView(setting, tick=tick, ticks=ticks)
    grid = ipywidgets.Box(_controls(view)).add_class("gf-lab-controls")
    hint = ipywidgets.HTML(HINT).add_class("gf-lab-hint")
    parts = [grid, hint, _time(view, ticks), view]
    text = setting.schedule.text
    return with_first_view(
        ipywidgets.VBox(parts).add_class("gf-lab-all"),
        lambda: still(setting, tick, ticks),
        alt=f"Three pictures of a game of two numbers under {text}: its path of {tick} "
        "ticks over the field, the eigenvalues of one tick beside the unit circle, the "
        f"radius over {ticks} ticks.",
        sentence="Where scripts run, this figure plays any schedule that is typed.",
    )


def _controls(view: ScheduleLabView) -> list[ipywidgets.Widget]:
    """A control for each choice, joined to the view in the browser."""
    look = {"style": {"description_width": "6em"}, "layout": {"width": "auto"}}

    def joined(kind: type, name: str, words: str, **more: object) -> ipywidgets.Widget:
        trait = "index" if kind is ipywidgets.Dropdown else "value"
        now = {trait: getattr(view, name)}
        control = kind(description=words, **now, **more, **look)
        view.join((control, trait), (view, name))
        return control

    def slider(name: str, words: str, step: float) -> ipywidgets.Widget:
        least, most = LIMITS[name]
        ends = {"min": least, "max": most, "step": step}
        return joined(ipywidgets.FloatSlider, name, words, **ends)

    def log_slider(name: str, words: str) -> ipywidgets.Widget:
        least, most = map(_decade, LIMITS[name])
        # Fine enough for whatever three digits somebody writes beside it.
        ends = {"min": least, "max": most, "step": 0.001, "readout_format": ".3g"}
        return joined(ipywidgets.FloatLogSlider, name, words, **ends)

    schedule = joined(ipywidgets.Text, "schedule", "schedule", placeholder="D D G")
    beta, strength = slider("beta", "β", 0.05), slider("strength", "strength", 0.05)
    view.join((view, "beta_idle"), (beta, "disabled"))
    view.join((view, "strength_idle"), (strength, "disabled"))
    return [
        schedule,
        joined(ipywidgets.Dropdown, "loss", "loss", options=LOSSES),
        log_slider("step", "step size"),
        log_slider("times", "D’s step, ×"),
        joined(ipywidgets.Dropdown, "rule", "step rule", options=RULES),
        beta,
        joined(ipywidgets.Dropdown, "penalty", "penalty", options=PENALTIES),
        strength,
        joined(ipywidgets.FloatText, "theta", "start θ", step=0.1),
        joined(ipywidgets.FloatText, "psi", "start ψ", step=0.1),
    ]


def _decade(limit: float) -> int:
    """The power of ten."""
    return round(log10(limit))


def _time(view: ScheduleLabView, ticks: int) -> ipywidgets.Box:
    """Play, and the tick on a slider; in the picture single moves can be stepped."""
    ends = {"min": 0, "max": ticks, "value": view.tick}
    clock = ipywidgets.Play(interval=60, show_repeat=False, **ends)
    slider = ipywidgets.IntSlider(
        description="tick", style={"description_width": "6em"}, **ends
    )
    view.join((clock, "value"), (slider, "value"))
    view.join((slider, "value"), (view, "tick"))
    return ipywidgets.Box([slider, clock]).add_class("gf-lab-time")
