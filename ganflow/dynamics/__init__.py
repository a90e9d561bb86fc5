"""Make it happen: players, step rules, one loop, and the Jacobian of a tick."""

from ganflow.dynamics.jacobian import eigenvalues, tick_jacobian
from ganflow.dynamics.loop import play
from ganflow.dynamics.players import Networks
from ganflow.dynamics.rules import (
    RULES,
    Adam,
    Extragradient,
    GradientDescent,
    Momentum,
    Optimistic,
    Rule,
)
from ganflow.dynamics.scalars import Scalars

__all__ = [
    "RULES",
    "Adam",
    "Extragradient",
    "GradientDescent",
    "Momentum",
    "Networks",
    "Optimistic",
    "Rule",
    "Scalars",
    "eigenvalues",
    "play",
    "tick_jacobian",
]
