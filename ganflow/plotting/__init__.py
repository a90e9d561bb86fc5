"""Still figures: records in, matplotlib Axes out. Nothing here trains."""

from ganflow.layout import describe
from ganflow.plotting.agreement import draw_agreement
from ganflow.plotting.amounts import draw_bars, draw_dots
from ganflow.plotting.card import COLORS
from ganflow.plotting.critics import draw_critics
from ganflow.plotting.eigenvalues import draw_eigenvalues
from ganflow.plotting.factors import draw_factors
from ganflow.plotting.growth import draw_growth
from ganflow.plotting.held import draw_held
from ganflow.plotting.images import draw_images
from ganflow.plotting.lanes import draw_lanes
from ganflow.plotting.lines import draw_lines
from ganflow.plotting.panels import draw_clouds, draw_comparison, draw_runs
from ganflow.plotting.passes import draw_passes
from ganflow.plotting.paths import draw_paths, draw_radii
from ganflow.plotting.stages import draw_stages
from ganflow.plotting.timeline import draw_timeline
from ganflow.plotting.trace import draw_trace
from ganflow.plotting.traces import draw_traces
from ganflow.plotting.verdicts import draw_verdicts

__all__ = [
    "COLORS",
    "describe",
    "draw_agreement",
    "draw_bars",
    "draw_clouds",
    "draw_comparison",
    "draw_critics",
    "draw_dots",
    "draw_eigenvalues",
    "draw_factors",
    "draw_growth",
    "draw_held",
    "draw_images",
    "draw_lanes",
    "draw_lines",
    "draw_passes",
    "draw_paths",
    "draw_radii",
    "draw_runs",
    "draw_stages",
    "draw_timeline",
    "draw_trace",
    "draw_traces",
    "draw_verdicts",
]
