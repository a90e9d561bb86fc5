"""Still figures: records in, matplotlib Axes out. Nothing here trains."""

from ganflow.layout import describe
from ganflow.plotting.card import COLORS
from ganflow.plotting.critics import draw_critics
from ganflow.plotting.stages import draw_stages
from ganflow.plotting.trace import draw_trace

__all__ = ["COLORS", "describe", "draw_critics", "draw_stages", "draw_trace"]
