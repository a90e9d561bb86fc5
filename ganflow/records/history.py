"""One record of what a run did: plain arrays by name, ready to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class History:
    """What a run did, at T records. `run["theta"]` is a series.

    Parameters
    ----------
    schedule : str
        The name of the schedule.
    tick : array (T,), int
        The number of ticks done at each record, from 0.
    turn : array (T,), int
        Turns done within the next tick: 0 unless every turn was recorded.
    series : dict of name -> array (T, ...)
        The first entry is the start. Games: theta, psi. Networks: loss_G, loss_D,
        score_real, score_fake, gradient_G, gradient_D (norms) and samples (T, n, 2).
    seconds : array (T,), float
        Since the start, of this machine.

    Raises
    ------
    ValueError
        Parts of different lengths.
    """

    schedule: str
    tick: np.ndarray
    turn: np.ndarray
    series: Mapping[str, np.ndarray]
    seconds: np.ndarray

    def __post_init__(self):
        lengths = {name: len(values) for name, values in self.series.items()}
        lengths |= {"turn": len(self.turn), "seconds": len(self.seconds)}
        wrong = {name: n for name, n in lengths.items() if n != len(self.tick)}
        if wrong:
            raise ValueError(f"{len(self.tick)} records, but got lengths {wrong}")
        object.__setattr__(self, "series", MappingProxyType(dict(self.series)))

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.series:
            known = ", ".join(self.series)
            raise KeyError(f"{name!r} was not recorded; recorded are {known}")
        return self.series[name]

    def __len__(self) -> int:
        return len(self.tick)

    @property
    def theta(self) -> np.ndarray:
        """G's number at each record of a game, (T,)."""
        return self["theta"]

    @property
    def psi(self) -> np.ndarray:
        """D's number at each record of a game, (T,)."""
        return self["psi"]

    @property
    def radius(self) -> np.ndarray:
        """Distance of a game from (0, 0) at each record, (T,)."""
        return np.hypot(self.theta, self.psi)

    @property
    def diverged(self) -> int | None:
        """The first recorded tick with a value that is not finite; None if none."""
        bad = np.zeros(len(self), bool)
        for values in self.series.values():
            bad |= ~np.isfinite(values).reshape(len(self), -1).all(axis=1)
        return int(self.tick[bad.argmax()]) if bad.any() else None
