"""A training run to scrub through: pictures, curves and slopes at one tick."""

from __future__ import annotations

import ipywidgets
import numpy as np
import traitlets

from ganflow.records.training_run import LEVELS, TrainingRun
from ganflow.widgets.kit import KitView, script_of, style_of

POINTS = 400  # of a curve: more than a chart has pixels show nothing
CURVES = ("loss_D", "loss_G", "score_real", "score_fake")
LEGEND = (
    "Each snapshot shows what G makes of the same 25 z. In the curves a solid line is "
    "D’s loss or the score of the real, a dashed one G’s loss or the score of the "
    "fake. The slope is D’s between real and fake: the median, and bands that hold "
    "half and nine tenths of 64 points."
)


class TrainingView(KitView):
    """The snapshot number `at` of a `TrainingRun`, with the curves around it.

    Trains nothing and needs no kernel; `at` may come from another widget by `join`.
    """

    _esm = script_of(__file__)
    _css = style_of(__file__)
    record_ = traitlets.Dict().tag(sync=True)
    film = traitlets.Bytes().tag(sync=True)
    at = traitlets.Int().tag(sync=True)

    def show(self, run: TrainingRun, *, averaged: bool = True) -> None:
        """Show a run's last snapshot.

        Parameters
        ----------
        run : TrainingRun
            Finished or not.
        averaged : bool
            Pictures of the averaged generator, or of G itself.

        Raises
        ------
        ValueError
            The run has no snapshot yet.

        Gradient: none; reads records.
        """
        if not len(run.ticks):
            raise ValueError(
                "the run has no snapshot to show: train with snapshots=2 or more"
            )
        with self.hold_sync():
            self.record_ = labels(run)
            self.film = packed(run, averaged=averaged)
            self.at = len(run.ticks) - 1

    @traitlets.validate("at")
    def _inside(self, proposal: dict) -> int:
        last = len(self.record_.get("ticks", [0])) - 1
        return min(max(proposal["value"], 0), last)


class TrainingLab(ipywidgets.VBox):
    """A `TrainingView` with its slider and Play, which a trainer may call.

    `train(..., watch=lab)` shows each snapshot as it is taken; `lab(run)` shows a
    recorded one. Where there is no kernel the last state stays, to scrub through.

    Parameters
    ----------
    run : TrainingRun, optional
        What to show first.
    averaged : bool, default True
        Pictures of the averaged generator, or of G itself.
    """

    def __init__(self, run: TrainingRun | None = None, *, averaged: bool = True):
        self.view, self.averaged = TrainingView(), averaged
        style = {"description_width": "5em"}
        self.slider = ipywidgets.IntSlider(
            max=0, description="snapshot", readout=False, style=style
        )
        self.play = ipywidgets.Play(max=0, interval=400, show_repeat=False)
        self.view.join((self.play, "value"), (self.slider, "value"))
        self.view.join((self.slider, "value"), (self.view, "at"))
        clock = ipywidgets.Box([self.slider, self.play]).add_class("gf-clock")
        clock.add_class("gf-training-clock")
        hint = ipywidgets.HTML(LEGEND).add_class("gf-hint")
        super().__init__([clock, self.view, hint])
        if run is not None:
            self(run)

    def __call__(self, run: TrainingRun) -> None:
        """Show a run's last snapshot. Parameters, Raises: as `TrainingView.show`."""
        self.view.show(run, averaged=self.averaged)
        for control in (self.slider, self.play):
            control.max = control.value = len(run.ticks) - 1


def labels(run: TrainingRun) -> dict:
    """What the page reads beside the film: sizes, ticks, and what the run was."""
    settings = run.settings
    return {
        "ticks": run.ticks.tolist(),
        "seconds": [round(float(value), 3) for value in run.seconds],
        "shape": list(run.real.shape[1:]),
        "points": (_points(run) + 1).tolist(),
        "curves": [name for name in CURVES if name in run.series],
        "levels": list(LEVELS),
        "center": 1 if settings["penalty"] == "WGAN-GP" else None,
        "title": f"{settings['loss']} loss, "
        + (f"penalty {settings['penalty']}, " if settings["penalty"] != "none" else "")
        + f"{settings['data']}, seed {settings['seed']}",
    }


def packed(run: TrainingRun, *, averaged: bool = True) -> bytes:
    """The arrays that the page draws, one after the other.

    Parameters
    ----------
    run : TrainingRun
    averaged : bool
        Pictures of the averaged generator, or of G itself.

    Returns
    -------
    bytes
        Curves (curves, points) and slopes (snapshots, levels) as float32; then pixels
        as uint8: 25 pictures a snapshot, and 25 real ones.
    """
    at = _points(run)
    curves = [run.series[name][at] for name in CURVES if name in run.series]
    numbers = np.concatenate([np.ravel(curves), np.ravel(run.slopes)])
    pictures = run.averaged if averaged else run.samples
    return numbers.astype("<f4").tobytes() + pictures.tobytes() + run.real.tobytes()


def _points(run: TrainingRun) -> np.ndarray:
    """The ticks, counted from 0, at which the curves are drawn."""
    ticks = len(next(iter(run.series.values()), ()))
    return np.unique(np.linspace(0, max(ticks - 1, 0), POINTS).astype(int))[:ticks]
