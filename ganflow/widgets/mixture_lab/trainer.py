"""Train a run that the mixture lab has not recorded, and show it while it trains."""

from __future__ import annotations

import asyncio
from html import escape
from typing import Any

import ipywidgets

from ganflow.schedule import Schedule
from ganflow.sweeps import GanSetting
from ganflow.widgets.mixture_lab.recording import (
    PENALTIES,
    film,
    lab_of,
    mixture_of,
    setting_of,
)

HOW = (
    "A run of your own takes B’s place until one of B’s controls is turned. A word of "
    "its schedule is a turn: <code>D D G</code> is three, <code>DG</code> is one in "
    "which both move."
)
PAUSE = 0.01  # seconds after each frame, in which the kernel hears *stop*


class Trainer:
    """The controls of one run, and its training; it shows what it does in `view`.

    Training runs as a task of the kernel's own loop and pauses after each frame, so
    that other messages, such as a click on *stop*, are read in between.

    Parameters
    ----------
    view : MixtureLabView
        Shows the run in B's place.
    base : GanSetting
        What the run shares with the recorded ones.
    """

    # `view` is a MixtureLabView, whose module imports this one.
    def __init__(self, view: Any, base: GanSetting):
        self.view, self.base = view, base
        self.task, self.stopping = None, False
        look = {
            "style": {"description_width": "7.5em"},
            "layout": {"width": "auto"},
        }
        self.schedule = ipywidgets.Text("D D G", description="schedule", **look)
        self.rate = ipywidgets.FloatText(2.0, description="critic’s rate", **look)
        self.penalty = ipywidgets.Dropdown(
            options=list(PENALTIES), description="penalty", **look
        )
        self.seed = ipywidgets.IntText(2, description="seed", **look)
        self.start, self.stop = (
            ipywidgets.Button(description=words).add_class("gf-mixture-go")
            for words in ("train this one now", "stop")
        )
        self.stop.disabled = True
        self.bar = ipywidgets.FloatProgress(
            max=view.lab.ticks[-1], layout={"width": "12em"}
        )
        self.says = ipywidgets.HTML(HOW).add_class("gf-hint")
        self.start.on_click(lambda _button: self.begin())
        self.stop.on_click(lambda _button: self.end())
        view.observe(self._give_b_back, [f"b_{name}" for name in view.lab.choices])

    @property
    def controls(self) -> tuple[ipywidgets.Widget, ...]:
        """All of them, as the lab shows them."""
        fields = (self.schedule, self.rate, self.penalty, self.seed)
        row = ipywidgets.Box((self.start, self.stop, self.bar))
        return (
            ipywidgets.Box(fields).add_class("gf-mixture-pair"),
            row.add_class("gf-clock"),
            self.says,
        )

    def begin(self) -> None:
        """Start a task that trains what the fields say."""
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self.train())

    def end(self) -> None:
        """Let the training stop after its present frame."""
        self.stopping = True

    async def train(self) -> None:
        """Train what the fields say, frame by frame; an error is said in words."""
        self.stopping, self.start.disabled, self.stop.disabled = False, True, False
        try:
            await self._film()
        except Exception as error:
            self.says.value = f"<b>{escape(str(error))}</b>"
            if not isinstance(error, ValueError):
                raise
        finally:
            self.start.disabled, self.stop.disabled = False, True

    async def _film(self) -> None:
        view, schedule = self.view, Schedule.from_text(self.schedule.value)
        penalty = str(self.penalty.value)  # one of its options is always chosen
        setting = setting_of(
            self.base,
            schedule,
            self.rate.value,
            PENALTIES[penalty],
            self.seed.value,
        )
        names = {
            "schedules": [schedule.name],
            "rates": [f"{self.rate.value:g}"],
            "penalties": [penalty],
            "seeds": [str(self.seed.value)],
        }
        ticks, frames = view.lab.ticks, []
        self.says.value, view.time = "Training …", 0
        for frame in film([setting], ticks=ticks[-1], every=ticks[1] - ticks[0]):
            if self.stopping:
                self.says.value = f"Stopped at tick {frames[-1].tick}. {HOW}"
                return
            follow = view.time == len(frames) - 1
            frames.append(frame)
            view.show_live(lab_of(frames, mixture_of(self.base), names))
            self.bar.value = frame.tick
            if follow:
                view.time = len(frames) - 1
            await asyncio.sleep(PAUSE)
        self.says.value = f"Trained. {HOW}"

    def _give_b_back(self, _change: object) -> None:
        self.end()
        self.view.show_live(None)
