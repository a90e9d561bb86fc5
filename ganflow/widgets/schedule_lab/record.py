"""Games of two numbers under every setting of a lab: plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DECADES = 12  # radii are told apart from 1e-12 to 1e12


@dataclass(frozen=True)
class ScheduleLab:
    """What play did for each loss, schedule, step size, rule and penalty: L S H R P.

    Parameters
    ----------
    losses : tuple of L str
        Their names.
    schedules : tuple of S str
        Their names.
    step_sizes : tuple of H float
        Of both players.
    rules : tuple of R str
        What they are called.
    penalties : tuple of P str
        What they are called.
    reads : tuple of S tuples
        By turn, what the moves of a schedule read, such as "G reads D1".
    start : tuple (theta, psi)
        Before the first move.
    ticks : int
        How many were played.
    fine : int
        The first so many are recorded turn by turn.
    theta : array (L, S, H, R, P, T)
        G's number; a schedule with fewer turns repeats its last row.
    psi : array (L, S, H, R, P, T)
        D's number, likewise.
    eigenvalues : array (L, S, H, R, P, n), complex
        Of one tick; NaN where there are none.
    why_none : tuple of R tuples of P str
        Why a tick has no eigenvalues; "" if it has.
    extents : tuple of Z float
        Half widths of the planes for which the field is known.
    field : array (L, P, Z, side, side), radians
        Its direction; NaN where it is zero. Cell [0, 0] lies at the lowest theta
        (column) and psi (row).
    bounds : tuple of P float or None
        Within which D's number is kept; None for no bound.

    Raises
    ------
    ValueError
        An array of another shape.
    """

    losses: tuple[str, ...]
    schedules: tuple[str, ...]
    step_sizes: tuple[float, ...]
    rules: tuple[str, ...]
    penalties: tuple[str, ...]
    reads: tuple[tuple[tuple[str, ...], ...], ...]
    start: tuple[float, float]
    ticks: int
    fine: int
    theta: np.ndarray
    psi: np.ndarray
    eigenvalues: np.ndarray
    why_none: tuple[tuple[str, ...], ...]
    extents: tuple[float, ...]
    field: np.ndarray
    bounds: tuple[float | None, ...]

    def __post_init__(self):
        longest = rows(self.ticks, self.fine, max(map(len, self.reads)))[-1] + 1
        states = (*map(len, self.choices.values()),)
        planes = (states[0], states[4], len(self.extents))
        for name, shape in {
            "theta": (*states, longest),
            "psi": (*states, longest),
            "eigenvalues": (*states, self.eigenvalues.shape[-1]),
            "field": (*planes, *self.field.shape[-1:] * 2),
        }.items():
            if (came := np.shape(getattr(self, name))) != shape:
                raise ValueError(
                    f"{name} has shape {came}, expected {shape}: one entry for each "
                    f"setting, and {longest} rows for {self.ticks} ticks"
                )

    @property
    def choices(self) -> dict[str, tuple]:
        """The settings by the name of their control."""
        return {
            "loss": self.losses,
            "schedule": self.schedules,
            "step": self.step_sizes,
            "rule": self.rules,
            "penalty": self.penalties,
        }

    @property
    def texts(self) -> tuple[str, ...]:
        """The schedules as `Schedule.from_text` reads them."""
        return tuple(
            " ".join("".join(move[0] for move in turn) for turn in turns)
            for turns in self.reads
        )


def rows(ticks: int, fine: int, turns: int) -> np.ndarray:
    """The row of each whole tick (ticks + 1,), if the first `fine` have all turns."""
    tick = np.arange(ticks + 1)
    return np.minimum(tick, fine) * turns + np.maximum(tick - fine, 0)


def measured(theta: np.ndarray, psi: np.ndarray) -> tuple[int, int, float] | None:
    """By how much the radius of a path (ticks + 1,) grows in a tick, and between which.

    The two ticks see (0, 0) from one direction or from opposite ones, so that an
    ellipse counts as growth 1. The last is the latest with a radius between 3e-12 and
    1e12; None if that is before tick 8.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        radius = np.hypot(theta, psi)
    kept = (radius > 3 * 10.0**-DECADES) & (radius <= 10.0**DECADES)
    to = (len(kept) if kept.all() else int(kept.argmin())) - 1
    if to < 8:
        return None
    some = np.arange(to // 4, 3 * to // 4 + 1)
    cross = theta[some] * psi[to] - psi[some] * theta[to]
    off = np.abs(cross) / (radius[some] * radius[to])
    start = int(some[np.argmin(off.round(4))])
    return start, to, float((radius[to] / radius[start]) ** (1 / (to - start)))
