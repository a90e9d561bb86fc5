"""Make it happen: players, step rules, one loop, and a tick as a map."""

from ganflow.play.loop import play
from ganflow.play.players import Networks
from ganflow.play.rules import (
    RULES,
    Adam,
    Extragradient,
    GradientDescent,
    Momentum,
    Optimistic,
)
from ganflow.play.scalars import Scalars
from ganflow.play.tick_map import eigenvalues, tick_jacobian

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
