"""Draw the eigenvalues of ticks beside the unit circle."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from ganflow.plotting.card import COLORS

WIDTH, HEIGHT = 6.8, 3.4  # inches
MARKS = ("o", "x", "+")  # of the schedules, in order: one is seen through the other
INKS = ("D", "other", "G")


def draw_eigenvalues(
    spectra: Mapping[str, Mapping[str, ArrayLike]],
    *,
    across: tuple[float, float],
    up: tuple[float, float],
) -> list[Axes]:
    """Draw eigenvalues in the complex plane, a panel for each game, one scale for all.

    The inside of the unit circle is shaded: what lies there dies out from tick to tick,
    what lies outside grows.

    Parameters
    ----------
    spectra : dict of dict of array-like (n,), complex
        For each game, from left to right, the eigenvalues of a tick of each schedule.
    across : (float, float)
        The real parts that are shown, from and to.
    up : (float, float)
        The imaginary parts.

    Returns
    -------
    list of Axes
        One for each game.

    Raises
    ------
    ValueError
        No game, more schedules than there are marks, or games of other schedules.

    Gradient: none; reads numbers.
    """
    kinds = {game: list(ticks) for game, ticks in spectra.items()}
    names = next(iter(kinds.values()), [])
    if not 0 < len(names) <= len(MARKS) or any(
        each != names for each in kinds.values()
    ):
        raise ValueError(
            f"spectra has {kinds}; expected the same 1 to {len(MARKS)} schedules for "
            "each game"
        )
    figure, axes = plt.subplots(
        1, len(kinds), figsize=(WIDTH, HEIGHT), sharex=True, sharey=True, squeeze=False
    )
    angle = np.linspace(0, 2 * np.pi, 1000)
    turn = np.cos(angle), np.sin(angle)
    for ax, (game, ticks) in zip(axes[0], spectra.items(), strict=True):
        ax.fill(*turn, color=COLORS["shade"], zorder=0)
        ax.plot(*turn, "-", color=COLORS["cut"], linewidth=1, zorder=1)
        for (name, given), mark, ink in zip(ticks.items(), MARKS, INKS, strict=False):
            values = np.asarray(given, dtype=complex)
            look = {"color": COLORS[ink], "markersize": 6, "fillstyle": "none"}
            ax.plot(np.real(values), np.imag(values), mark, label=name, **look)
        ax.set(title=game, xlabel="real part", xlim=across, ylim=up)
        ax.locator_params(nbins=5)
    axes[0][0].set_ylabel("imaginary part")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(names))
    return list(axes[0])
