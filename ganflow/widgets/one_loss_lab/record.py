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
    schemes : tuple of S str
        Their names; the first is the one that the others are compared with.
    losses : tuple of L str
        Their names.
    optimizers : tuple of O str
        Their names.
    lambdas : tuple of K float
        How much longer G's gradient is made; 1 is one of them.
    ticks : tuple of T int
        When the players were looked at.
    says : tuple of S str
        Each scheme in one sentence.
    why_none : tuple of S tuples of L str
        Why a scheme cannot serve a loss; empty where it can. What is recorded of a
        scheme that cannot is NaN throughout.
    moved : array (S, L, O, K, T, 2)
        Length of the change of G's and of D's parameters.
    apart : array (S, L, O, K, T, 2)
        Distance from where the first scheme has brought them, as a share of the first
        scheme's `moved`.
    passes : array (S, 5)
        Of one step of other networks, in batches, as `PASSES` names them.
    flops : array (S,)
        Of one step of those networks.
    saved : array (S,), bytes
        Of one step of those networks.
    counted : str
        Those networks in words.

    Raises
    ------
    ValueError
        No lambda of 1, or an array of another shape.
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
