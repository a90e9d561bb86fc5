"""Six ways to train both players: how far each moves them, where to, at what cost."""

from __future__ import annotations

import ipywidgets
import numpy as np
import traitlets

from ganflow.widgets.kit import KitView, script_of, style_of
from ganflow.widgets.one_loss_lab.record import PASSES, OneLossLab

LEGEND = (
    "A disc is G, a square is D, on a logarithmic scale. Hollow marks are where the "
    "mark stands for the other λ. Passes, FLOPs and bytes: one step of {counted}."
)


class OneLossLabView(KitView):
    """One recorded choice: two players' ways, every scheme's end, the passes.

    `scheme`, `loss`, `optimizer` and `lam` (positions in the record) choose what is
    shown. They may come from another widget by `join`, so no kernel is needed. Trains
    nothing.

    Parameters
    ----------
    record : OneLossLab
        As `record_one_loss_lab` makes it.
    **chosen : int
        What to begin with, by the name of the trait.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    moved = traitlets.Bytes().tag(sync=True)  # both float32, in the record's order
    apart = traitlets.Bytes().tag(sync=True)
    scheme = traitlets.Int().tag(sync=True)
    loss = traitlets.Int().tag(sync=True)
    optimizer = traitlets.Int().tag(sync=True)
    lam = traitlets.Int().tag(sync=True)

    def __init__(self, record: OneLossLab, **chosen: int):
        super().__init__(
            record_=labels(record),
            moved=np.asarray(record.moved, "<f4").tobytes(),
            apart=np.asarray(record.apart, "<f4").tobytes(),
            **chosen,
        )


def labels(record: OneLossLab) -> dict:
    """All of a record but its two long arrays, as the picture reads it."""
    named = ("schemes", "losses", "optimizers", "lambdas", "ticks", "says")
    return {name: list(getattr(record, name)) for name in named} | {
        "why": [list(row) for row in record.why_none],
        "names": list(PASSES),
        "passes": record.passes.tolist(),
        "flops": record.flops.tolist(),
        "saved": record.saved.tolist(),
    }


def one_loss_lab(
    record: OneLossLab,
    *,
    scheme: int = 0,
    loss: int = 0,
    optimizer: int = 0,
    lam: int | None = None,
) -> ipywidgets.VBox:
    """The picture under its four controls.

    Parameters
    ----------
    record : OneLossLab
        As `record_one_loss_lab` makes it.
    scheme : int, default 0
        What to begin with, as a position in `record.schemes`.
    loss : int, default 0
        What to begin with, as a position in `record.losses`.
    optimizer : int, default 0
        What to begin with, as a position in `record.optimizers`.
    lam : int, optional
        What to begin with, as a position in `record.lambdas`; by default where lambda
        is 1.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel.

    Gradient: none; reads a record.
    """
    lam = record.lambdas.index(1) if lam is None else lam
    chosen = {"scheme": scheme, "loss": loss, "optimizer": optimizer, "lam": lam}
    view = OneLossLabView(record, **chosen)
    lists = (record.schemes, record.losses, record.optimizers)
    looks = {"style": {"description_width": "5.5em"}, "layout": {"width": "auto"}}
    controls = [
        ipywidgets.Dropdown(options=options, description=name, **looks)
        for name, options in zip(chosen, lists, strict=False)
    ]
    steps = [f"{value:g}" for value in record.lambdas]
    controls += [ipywidgets.SelectionSlider(options=steps, description="λ", **looks)]
    for control, (name, at) in zip(controls, chosen.items(), strict=True):
        control.index = at
        view.join((control, "index"), (view, name))
    legend = ipywidgets.HTML(LEGEND.format(counted=record.counted))
    choices = ipywidgets.Box(controls).add_class("gf-one-loss-choices")
    return ipywidgets.VBox([choices, view, legend.add_class("gf-hint")])
