"""Save every widget of the book, small, as a page gets it that has no kernel.

A program too: `saved_widgets.py FILE` writes them as JSON, and the version of the
ipywidgets that made them, which is the caller's choice.
"""

import json
import sys
from pathlib import Path

import ipywidgets
import numpy as np
from fake_run import fake_run
from ipywidgets.embed import dependency_state
from loop_samples import ALL
from mixture_view import A, B
from small_pair import small_pair
from small_step import small_networks, small_step

from ganflow.widgets.flow_picture import flow_picture, record_flow_picture
from ganflow.widgets.loop_timeline import loop_timeline
from ganflow.widgets.loss_arrows import LossArrows, loss_arrows
from ganflow.widgets.mixture_lab import mixture_lab
from ganflow.widgets.one_loss_lab import one_loss_lab, record_one_loss_lab
from ganflow.widgets.schedule_lab import schedule_lab
from ganflow.widgets.trace_view import record_states, trace_lab
from ganflow.widgets.training_view import TrainingLab

LOOPS = list(ALL.items())[:2]
PAIR = ("saturating", "hinge")


def arrows():
    """Two losses, three moments, four fakes, a surface of 5 x 5."""
    rng = np.random.default_rng(0)
    return LossArrows(
        losses=PAIR,
        steps=(0, 10, 30),
        extent=2.0,
        real=rng.normal(size=(6, 2)),
        fake=rng.normal(size=(4, 2)),
        surface=rng.normal(size=(2, 3, 5, 5)),
        score=rng.normal(size=(2, 3, 4)),
        arrows=rng.normal(size=(2, 3, 4, 2)),
    )


def traces():
    """The recorded states of a small step."""
    players = small_networks()
    return record_states(small_step(**players), players)


WIDGETS = {
    "flow picture": lambda: flow_picture(record_flow_picture(**small_pair())),
    "loop timeline": lambda: loop_timeline({n: make() for n, make in LOOPS}),
    "loss arrows": lambda: loss_arrows(arrows()),
    "mixture lab": lambda: mixture_lab(A, B, batches=(), opens_at=2),
    "one-loss lab": lambda: one_loss_lab(
        record_one_loss_lab(losses=PAIR, lambdas=(0.5, 1.0), ticks=(1,))
    ),
    "schedule lab": schedule_lab,
    "trace lab": lambda: trace_lab(traces()),
    "training lab": lambda: TrainingLab(fake_run()),
}


def saved(box):
    """The id of a widget's view, and the states of all its models."""
    state = dependency_state(box, drop_defaults=False)  # as a kernel tells it
    return {"view": box.model_id, "state": state}


if __name__ == "__main__":
    told = {name: saved(make()) for name, make in WIDGETS.items()}
    told["ipywidgets"] = ipywidgets.__version__
    Path(sys.argv[1]).write_text(json.dumps(told), "utf-8")
