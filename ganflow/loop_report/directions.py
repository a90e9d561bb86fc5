"""Which way a loss pulls scores: up, down, or to a target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ganflow.loop_report.log import Pull

EXACT = 1e-5  # of the change of the derivatives: a straight line is one to rounding
ROUNDING = 2e-7  # of their size, in float32
FEW = 3  # scores: through fewer there is always a line
APART = 0.05  # of the range of the scores, from both of its ends
UNSURE = float("nan")
STEEP = 0.02  # a smaller change, as a share of their size, says nothing


@dataclass(frozen=True)
class Direction:
    """Where descent on a loss moves the scores.

    Parameters
    ----------
    up : bool or None
        All scores rise (True) or fall (False); None if they differ.
    target : float or None
        For a squared loss: the score that it pulls to.
    """

    up: bool | None
    target: float | None = None

    def same_as(self, other: Direction) -> bool | None:
        """Whether both pull alike; None where that cannot be told."""
        if self.target is not None and other.target is not None:
            scale = max(1.0, abs(self.target), abs(other.target))
            return abs(self.target - other.target) < 0.05 * scale
        if self.up is None or other.up is None:
            return None
        if self.target is not None or other.target is not None:
            return None  # a target on one side alone: it depends on the scores
        return self.up == other.up


def direction_of(pulls: Iterable[Pull]) -> Direction | None:
    """Read the direction off some scores and the derivatives by them.

    Parameters
    ----------
    pulls : iterable of Pull
        Of one kind of samples, in one player's turn.

    Returns
    -------
    Direction or None
        None where every derivative is 0, or there is none.
    """
    rows = [(floats(p.scores), floats(p.slopes), p.count) for p in pulls]
    signs = {slope > 0 for _, slopes, _ in rows for slope in slopes if slope}
    if not signs:
        return None
    up = not signs.pop() if len(signs) == 1 else None
    if all(len(scores) < FEW for scores, _, _ in rows):  # small batches: all together
        together = [s for scores, _, _ in rows for s in scores]
        rows = [(together, [d * n for _, slopes, n in rows for d in slopes], 1)]
    targets = [_target(scores, slopes) for scores, slopes, _ in rows]
    if targets and all(target is UNSURE for target in targets):
        return Direction(None)
    known = [t for t in targets if t is not None and t is not UNSURE]
    if known and None not in targets and max(known) - min(known) < 0.05:
        return Direction(up, sum(known) / len(known))
    return Direction(up)


def floats(values: Any) -> list[float]:
    """Numbers of a list, or of a framework's array."""
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _target(scores: Sequence[float], slopes: Sequence[float]) -> float | None:
    """Where a straight line through derivatives over scores crosses zero, rising.

    None if they lie on no such line; UNSURE if the scores lie at two places alone,
    where a line goes through whatever there is.
    """
    n = len(scores)
    if n < FEW:
        return None
    middle, mean = sum(scores) / n, sum(slopes) / n
    spread = sum((s - middle) ** 2 for s in scores)
    size = max(map(abs, slopes))
    if not spread or not size:
        return None
    products = zip(scores, slopes, strict=True)
    rise = sum((s - middle) * (d - mean) for s, d in products) / spread
    off = max(
        abs(d - mean - rise * (s - middle)) for s, d in zip(scores, slopes, strict=True)
    )
    change = rise * (max(scores) - min(scores))
    if rise <= 0 or off > EXACT * change + ROUNDING * size or change < STEEP * size:
        return None
    edge = APART * (max(scores) - min(scores))
    if not any(min(scores) + edge < s < max(scores) - edge for s in scores):
        return UNSURE
    return middle - mean / rise
