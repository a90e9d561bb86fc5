"""Still figures: records in, matplotlib Axes out. Nothing here trains."""

from ganflow.layout import describe
from ganflow.plotting.card import COLORS
from ganflow.plotting.lines import draw_lines
from ganflow.plotting.stages import draw_stages
from ganflow.plotting.trace import draw_trace

__all__ = ["COLORS", "describe", "draw_lines", "draw_stages", "draw_trace"]
