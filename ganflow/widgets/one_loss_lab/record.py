"""How far each way to train both players moves them, and what it costs: plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PASSES = ("G forward", "D forward", "D back to weights", "D back to input", "G back")


@dataclass(frozen=True)
class OneLossLab:
    """What runs did for S schemes, L losses, O optimizers, K lambdas, at T ticks.

    Parameters
    ----------
    schemes : tuple of str
        (S,), their names; the first is the one that the others are compared with.
    losses : tuple of str
        (L,), their names.
    optimizers : tuple of str
        (O,), their names.
    lambdas : tuple of float
        (K,), how much longer G's gradient is made; 1 is one of them.
    ticks : tuple of int
        (T,), when the players were looked at.
    says : tuple of str
        (S,), each scheme in one sentence.
    why_none : tuple of tuple of str
        (S, L), why a scheme cannot serve a loss; empty where it can. What is recorded
        of a scheme that cannot is NaN throughout.
    moved : ndarray
        (S, L, O, K, T, 2), length of the change of G's and of D's parameters.
    apart : ndarray
        (S, L, O, K, T, 2), distance from where the first scheme has brought them, as a
        share of the first scheme's `moved`.
    passes : ndarray
        (S, 5), in batches, as `PASSES` names them, of one step of other networks.
    flops : ndarray
        (S,), of the same step.
    saved : ndarray
        (S,), bytes saved for backward in the same step.
    counted : str
        Those networks in words.

    Raises
    ------
    ValueError
        No lambda of 1, or arrays whose shapes do not fit each other.
    """

    schemes: tuple[str, ...]
    losses: tuple[str, ...]
    optimizers: tuple[str, ...]
    lambdas: tuple[float, ...]
    ticks: tuple[int, ...]
    says: tuple[str, ...]
    why_none: tuple[tuple[str, ...], ...]
    moved: np.ndarray
    apart: np.ndarray
    passes: np.ndarray
    flops: np.ndarray
    saved: np.ndarray
    counted: str

    def __post_init__(self):
        if 1 not in self.lambdas:
            raise ValueError(
                f"lambdas are {self.lambdas}: lengths are told in those of lambda 1, "
                "so 1 must be among them"
            )
        parts = (self.schemes, self.losses, self.optimizers, self.lambdas, self.ticks)
        S, L, *rest = map(len, parts)
        for name, shape in {
            "says": (S,),
            "why_none": (S, L),
            "moved": (S, L, *rest, 2),
            "apart": (S, L, *rest, 2),
            "passes": (S, len(PASSES)),
            "flops": (S,),
            "saved": (S,),
        }.items():
            if (came := np.shape(getattr(self, name))) != shape:
                raise ValueError(
                    f"{name} has shape {came}, expected {shape}: one entry for each of "
                    f"{S} schemes, {L} losses and what else the record is ordered by"
                )
