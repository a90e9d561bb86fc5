"""Make it happen: players, step rules, one loop, and a tick as a map."""

from ganflow.dynamics.loop import play
from ganflow.dynamics.players import Networks
from ganflow.dynamics.rules import (
    RULES,
    Adam,
    Extragradient,
    GradientDescent,
    Momentum,
    Optimistic,
)
from ganflow.dynamics.scalars import Scalars
from ganflow.dynamics.tick_map import eigenvalues, tick_jacobian

__all__ = [
    "RULES",
    "Adam",
    "Extragradient",
    "GradientDescent",
    "Momentum",
    "Networks",
    "Optimistic",
    "Scalars",
    "eigenvalues",
    "play",
    "tick_jacobian",
]
