"""Still figures: records in, matplotlib Axes out. Nothing here trains."""

from ganflow.layout import describe
from ganflow.plotting.amounts import draw_bars, draw_dots
from ganflow.plotting.card import COLORS
from ganflow.plotting.factors import draw_factors
from ganflow.plotting.lanes import draw_lanes
from ganflow.plotting.stages import draw_stages
from ganflow.plotting.trace import draw_trace
from ganflow.plotting.verdicts import draw_verdicts

__all__ = [
    "COLORS",
    "describe",
    "draw_bars",
    "draw_dots",
    "draw_factors",
    "draw_lanes",
    "draw_stages",
    "draw_trace",
    "draw_verdicts",
]
