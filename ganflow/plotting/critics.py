"""Draw what critics say of the plane: maps of their scores, and their slopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from ganflow.plotting.card import COLORS

SIDE, LEVELS, BINS = 90, 14, 10  # points of a map's side; lines; bins for a factor 10
WIDTH, MAP, CHART = 7.0, 3.2, 2.8  # inches: across, and the heights of the two rows


def draw_critics(
    critics: Mapping[str, Callable[[Tensor], Tensor]],
    slopes: Mapping[str, Sequence[float] | np.ndarray | Tensor],
    x_real: Tensor,
    x_fake: Tensor,
) -> list[Axes]:
    """Draw a map of scores for each critic, and below them how steep critics are.

    Lines of a map join points of equal score, with equal steps from line to line: where
    they are close together the critic is steep.

    Parameters
    ----------
    critics : dict of callable, (batch, 2) -> (batch,) or (batch, 1)
        Those to map, by name.
    slopes : dict of array
        For each name, the critic's slope at some points, >= 0; slopes of 0 are left out
        of the chart, whose axis is logarithmic.
    x_real : Tensor (n, 2), float
        Drawn as dots.
    x_fake : Tensor (m, 2), of x_real's dtype
        Drawn as crosses.

    Returns
    -------
    list of Axes
        A map for each critic, then the chart.

    Raises
    ------
    ValueError
        No critic, points that are not in the plane, or a name whose slopes are not
        finite, or none of them above 0.

    Gradient: none; scores are taken without recording.
    """
    steep = {name: np.asarray(each, float).ravel() for name, each in slopes.items()}
    _check(critics, steep, x_real, x_fake)
    figure, maps = plt.subplot_mosaic(
        [[f"map {name}" for name in critics], ["slopes"] * len(critics)],
        figsize=(WIDTH, MAP + CHART),
        height_ratios=(MAP, CHART),
    )
    for name, critic in critics.items():
        _draw_map(maps[f"map {name}"], name, critic, x_real, x_fake)
    _draw_slopes(maps["slopes"], steep)
    return [*maps.values()]


def _check(
    critics: Mapping[str, object],
    slopes: Mapping[str, np.ndarray],
    x_real: Tensor,
    x_fake: Tensor,
) -> None:
    """What cannot be drawn is a caller's mistake."""
    if not critics or not slopes:
        raise ValueError("nothing to draw; expected a critic and its slopes at least")
    for name, x in (("x_real", x_real), ("x_fake", x_fake)):
        if x.ndim != 2 or x.shape[1] != 2:
            raise ValueError(
                f"{name} has the shape {tuple(x.shape)}; expected points of the plane, "
                "(n, 2)"
            )
    for name, each in slopes.items():
        if not np.isfinite(each).all() or not (each > 0).any():
            raise ValueError(
                f"the slopes of {name!r} are not finite, or none is above 0"
            )


def _draw_map(
    ax: Axes,
    name: str,
    critic: Callable[[Tensor], Tensor],
    x_real: Tensor,
    x_fake: Tensor,
) -> None:
    reach = 1.15 * torch.cat([x_real, x_fake]).abs().max().item()
    line = torch.linspace(-reach, reach, SIDE).to(x_real)
    with torch.no_grad():
        score = critic(torch.cartesian_prod(line, line)).reshape(SIDE, SIDE).T.cpu()
    at = line.cpu()
    ax.contour(at, at, score, levels=LEVELS, cmap="cividis", linestyles="-")
    real, fake = (x.detach().cpu().T for x in (x_real, x_fake))
    ax.plot(*real, "o", color=COLORS["ink"], markersize=1.5, label="reals")
    ax.plot(*fake, "x", color=COLORS["G"], markersize=3, label="fakes")
    ax.set(title=name, aspect="equal", xlabel="$x_1$", ylabel="$x_2$")


def _draw_slopes(ax: Axes, slopes: Mapping[str, np.ndarray]) -> None:
    kept = {name: each[each > 0] for name, each in slopes.items()}
    least = np.floor(np.log10(min(each.min() for each in kept.values())))
    most = np.ceil(np.log10(max(each.max() for each in kept.values())))
    most = max(most, least + 1)
    bins = np.logspace(least, most, int(BINS * (most - least)) + 1)
    bins[[0, -1]] *= 1 - 1e-9, 1 + 1e-9  # so that rounding loses no slope at an end
    for name, each in kept.items():
        ax.hist(each, bins, histtype="step", linewidth=2, label=name)
    ax.set(xscale="log", xlabel="slope", ylabel="points")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(kept), 4))
