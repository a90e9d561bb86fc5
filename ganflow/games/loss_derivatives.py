"""How the two losses change with a fake's score: first, second, third derivative.

The losses are those of `ganflow.losses`, with one fake and one real whose score is
always 0, as it is in a game. The functions take numbers, numpy arrays and torch tensors
alike.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy.special import expit

Number = Any  # a float, a numpy array or a torch tensor
Derivatives = tuple[Number, Number, Number]


def _logistic(t: Number) -> Derivatives:
    """Those of softplus(t)."""
    s = t.sigmoid() if hasattr(t, "sigmoid") else expit(t)
    return s, s * (1 - s), s * (1 - s) * (1 - 2 * s)


def _saturating_G(t: Number) -> Derivatives:
    """Those of -softplus(t)."""
    first, second, third = _logistic(t)
    return -first, -second, -third


def _non_saturating_G(t: Number) -> Derivatives:
    """Those of softplus(-t)."""
    first, second, third = _logistic(-t)
    return -first, second, -third


def _hinge_D(t: Number) -> Derivatives:
    """Those of max(0, 1 + t); 0 at the kink, as torch has it."""
    return (t > -1) * 1.0 + 0 * t, 0 * t, 0 * t


def _linear(slope: float) -> Callable[[Number], Derivatives]:
    """Those of slope * t."""
    return lambda t: (slope + 0 * t, 0 * t, 0 * t)


def _squared(target: float) -> Callable[[Number], Derivatives]:
    """Those of (t - target)^2 / 2."""
    return lambda t: (t - target, 1.0 + 0 * t, 0 * t)


LOSS_DERIVATIVES = {  # of loss_G, of loss_D
    "saturating": (_saturating_G, _logistic),
    "non-saturating": (_non_saturating_G, _logistic),
    "hinge": (_linear(-1.0), _hinge_D),
    "Wasserstein": (_linear(-1.0), _linear(1.0)),
    "least squares": (_squared(1.0), _squared(0.0)),
    # Beside a real that scores 0, the lead of the fake is its score.
    "relativistic": (_non_saturating_G, _logistic),
}
