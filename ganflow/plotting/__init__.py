"""Still figures: records in, matplotlib Axes out. Nothing here trains."""

from ganflow.layout import describe
from ganflow.plotting.card import COLORS
from ganflow.plotting.growth import draw_growth
from ganflow.plotting.paths import draw_paths, draw_radii
from ganflow.plotting.stages import draw_stages
from ganflow.plotting.trace import draw_trace

__all__ = [
    "COLORS",
    "describe",
    "draw_growth",
    "draw_paths",
    "draw_radii",
    "draw_stages",
    "draw_trace",
]
