"""Arrows that a loss puts on G's samples, over D's surface. Trains nothing."""

from __future__ import annotations

from pathlib import Path

import ipywidgets
import numpy as np
import traitlets

from ganflow.widgets.kit import KitView, script_of
from ganflow.widgets.loss_arrows.record import LossArrows


class LossArrowsView(KitView):
    """One recorded state of a `LossArrows`: its surface, its points, its arrows.

    `loss`, `step` and `log` (0: true lengths, 1: logarithmic) choose what is shown.
    They may come from another widget by `join`, so no kernel is needed.

    Parameters
    ----------
    record : LossArrows
        The surfaces, points and arrows to show.
    **chosen : int
        loss, step and log to begin with; the first two as positions in `record`.
    """

    _esm = script_of(__file__)
    _css = Path(__file__).with_suffix(".css")
    losses = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    extent = traitlets.Float().tag(sync=True)
    side = traitlets.Int().tag(sync=True)
    lowest = traitlets.List().tag(sync=True)  # by state; None: nothing to show
    highest = traitlets.List().tag(sync=True)
    surface = traitlets.Bytes().tag(sync=True)  # uint16, from lowest to highest
    real = traitlets.Bytes().tag(sync=True)  # the others are float32
    fake = traitlets.Bytes().tag(sync=True)
    score = traitlets.Bytes().tag(sync=True)
    arrows = traitlets.Bytes().tag(sync=True)
    loss = traitlets.Int().tag(sync=True)
    step = traitlets.Int().tag(sync=True)
    log = traitlets.Int().tag(sync=True)

    def __init__(self, record: LossArrows, **chosen: int):
        low, high, levels = quantised(record.surface)
        super().__init__(
            losses=list(record.losses),
            steps=list(record.steps),
            extent=float(record.extent),
            side=record.surface.shape[-1],
            lowest=low,
            highest=high,
            surface=levels.tobytes(),
            **{
                name: np.asarray(getattr(record, name), "<f4").tobytes()
                for name in ("real", "fake", "score", "arrows")
            },
            **chosen,
        )


def quantised(surface: np.ndarray) -> tuple[list, list, np.ndarray]:
    """Each state's lowest and highest score, and the scores as 65,536 levels between.

    Parameters
    ----------
    surface : ndarray
        (L, S, side, side), scores.

    Returns
    -------
    low : list of float or None
        (L * S,), the lowest score of each state; None for one that is not finite, which
        the view says in words.
    high : list of float or None
        (L * S,), the highest.
    levels : ndarray
        (L * S, side * side), uint16, 0 at the lowest score and 65,535 at the highest.
    """
    flat = surface.reshape(surface.shape[0] * surface.shape[1], -1).astype(float)
    finite = np.all(np.isfinite(flat), axis=1)
    flat = np.where(finite[:, None], flat, 0.0)
    low, high = flat.min(axis=1), flat.max(axis=1)
    span = np.where(high > low, high - low, 1.0)
    levels = np.rint((flat - low[:, None]) / span[:, None] * 65535).astype("<u2")
    ends = [
        [float(v) if ok else None for v, ok in zip(end, finite, strict=True)]
        for end in (low, high)
    ]
    return ends[0], ends[1], levels


def loss_arrows(record: LossArrows, *, loss: int = 0, step: int = 0) -> ipywidgets.VBox:
    """The view under its three controls: G's loss, D's training, the arrows' scale.

    Parameters
    ----------
    record : LossArrows
        The surfaces, points and arrows to show.
    loss : int, default 0
        What to begin with, as a position in `record.losses`.
    step : int, default 0
        What to begin with, as a position in `record.steps`.

    Returns
    -------
    ipywidgets.VBox
        Works with no kernel.

    Gradient: none; reads a record.
    """
    view = LossArrowsView(record, loss=loss, step=step)
    wide = {"description_width": "6.5em"}
    buttons = {"button_width": "auto"} | wide
    controls = {
        "loss": ipywidgets.ToggleButtons(
            options=record.losses, index=loss, description="G's loss", style=buttons
        ),
        "step": ipywidgets.SelectionSlider(
            options=[f"{k:,}" for k in record.steps],
            index=step,
            description="D's updates",
            style=wide,
        ),
        "log": ipywidgets.ToggleButtons(
            options=["true", "logarithmic"], description="Lengths", style=buttons
        ),
    }
    for name, control in controls.items():
        control.add_class("gf-arrows-choice")
        view.join((control, "index"), (view, name))
    return ipywidgets.VBox([*controls.values(), view])
