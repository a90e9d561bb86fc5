"""The controls of the mixture lab: ordinary widgets, joined to it in the page."""

from __future__ import annotations

from typing import Any

import ipywidgets

from ganflow.widgets.mixture_lab.experiments import EXPERIMENTS

LOOK = {"style": {"description_width": "7em"}, "layout": {"width": "auto"}}
WORDS = {
    "step_size_D": "rate of D",
    "step_size_G": "rate of G",
    "rule": "step rule",
}
SEEN = ("schedule", "step_size_D", "step_size_G", "penalty", "strength", "seed")
FOLDED = ("rule", "beta1", "beta2", "beta", "loss", "batch", "data")
TITLE = "Optimizer, loss, batch and data of"
OWN = "settings of your own"
# What some rules or penalties do not read.
IDLE = ("strength", "beta1", "beta2", "beta")


def controls_of(view: Any) -> tuple[ipywidgets.Box, ipywidgets.Box]:
    """The controls above a view, joined to its traits both ways, without a kernel.

    Parameters
    ----------
    view : MixtureLabView

    Returns
    -------
    top : ipywidgets.Box
        What both runs share: the experiment, slow motion, pushes.
    pair : ipywidgets.Box
        Of each run its own.
    """
    named = [f"{known.a} / {known.b}" for known in EXPERIMENTS]
    experiment = ipywidgets.Dropdown(
        options=[OWN, *named], index=view.experiment, description="experiment", **LOOK
    )
    view.join((experiment, "index"), (view, "experiment"))
    top: list[ipywidgets.Widget] = [experiment.add_class("gf-mixture-experiment")]
    for name, words in (("slow", "slow motion"), ("pushes", "show G’s pushes")):
        box = ipywidgets.Checkbox(
            getattr(view, name),
            description=words,
            indent=False,
            layout={"width": "auto"},
        )
        view.join((box, "value"), (view, name))
        top.append(box)
    runs = [_of_run(view, run) for run in "ab"]
    return (
        ipywidgets.Box(top).add_class("gf-mixture-top"),
        ipywidgets.Box(runs).add_class("gf-mixture-pair"),
    )


def _of_run(view: Any, run: str) -> ipywidgets.Box:
    """Six controls, and the others folded."""
    seen, folded = (
        [_control(view, run, name) for name in names] for names in (SEEN, FOLDED)
    )
    # Not an Accordion: ipywidgets 7 and 8 tell its titles differently, and Colab's
    # manager draws none of it.
    fold = ipywidgets.ToggleButton(
        description=f"{TITLE} {run.upper()}", layout={"width": "auto"}
    ).add_class("gf-fold")
    inside = ipywidgets.Box(folded).add_class("gf-mixture-run")
    return ipywidgets.Box([*seen, fold, inside]).add_class("gf-mixture-run")


def _control(view: Any, run: str, name: str) -> ipywidgets.Widget:
    """One control, joined to its trait."""
    trait = f"{run}_{name}"
    value = getattr(view, trait)
    look = LOOK | {"description": f"{run.upper()}: {WORDS.get(name, name)}"}
    options = view.lab["choices"].get(name)
    if options:
        words = [str(option) for option in options]
        control, end = ipywidgets.Dropdown(options=words, index=value, **look), "index"
    elif name.startswith("step_size"):
        control = ipywidgets.FloatLogSlider(
            value, min=-5, max=0, step=0.05, readout_format=".3", **look
        )
        end = "value"
    else:
        kinds = {str: ipywidgets.Text, int: ipywidgets.IntText}
        kind = kinds.get(type(value), ipywidgets.FloatText)
        control, end = kind(value, continuous_update=False, **look), "value"
    view.join((control, end), (view, trait))
    if name in IDLE:
        view.join((view, f"{run}_idle_{name}"), (control, "disabled"))
    return control
