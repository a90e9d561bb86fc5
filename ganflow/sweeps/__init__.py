"""Many runs at once: settings, `sweep`, the same over processes, and comparisons."""

from ganflow.sweeps.comparison import by_seed, holm, p_value
from ganflow.sweeps.ranks import sweep_over_ranks
from ganflow.sweeps.run import sweep
from ganflow.sweeps.settings import GameSetting, GanSetting

__all__ = [
    "GameSetting",
    "GanSetting",
    "by_seed",
    "holm",
    "p_value",
    "sweep",
    "sweep_over_ranks",
]
