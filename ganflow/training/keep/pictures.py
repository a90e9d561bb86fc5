"""PNGs of a run: its curves, and a grid of what G makes. Paints, trains nothing."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from ganflow.records.training_run import SIDE

PIXELS = 480  # of the grid's side, at least


def grid_png(samples: np.ndarray) -> bytes:
    """Paint a 5 x 5 grid.

    Parameters
    ----------
    samples : array (25, size, size, channels), uint8

    Returns
    -------
    bytes
        A PNG; a sample's pixel is a whole square in it.
    """
    from PIL import Image

    size, channels = samples.shape[1], samples.shape[3]
    rows = samples.reshape(SIDE, SIDE, size, size, channels).swapaxes(1, 2)
    pixels = rows.reshape(SIDE * size, SIDE * size, channels)
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    side = SIDE * size * -(-PIXELS // (SIDE * size))
    buffer = io.BytesIO()
    picture.resize((side, side), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def curves_png(names: Sequence[str], rows: np.ndarray) -> bytes:
    """Paint losses, scores and slope over the ticks.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    rows : array (T, columns)

    Returns
    -------
    bytes
        A PNG.
    """
    from matplotlib.figure import Figure

    panels = {"losses": ("loss_D", "loss_G"), "scores": ("score_real", "score_fake")}
    if "slope" in names:
        panels["penalty and slope"] = ("penalty", "slope")
    figure = Figure(figsize=(7, 2.2 * len(panels)), layout="constrained")
    axes = figure.subplots(len(panels), sharex=True)
    step = max(1, len(rows) // 2000)  # more points than pixels show nothing
    ticks = np.arange(1, len(rows) + 1)[::step]
    for axis, (label, shown) in zip(axes, panels.items(), strict=True):
        for name in shown:
            values = rows[::step, list(names).index(name)]
            axis.plot(ticks, values, label=name, linewidth=1)
        axis.set_ylabel(label)
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=2)
    axes[-1].set_xlabel("tick")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
