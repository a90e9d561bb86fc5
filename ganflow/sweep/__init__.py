"""Many runs at once: settings, `sweep`, and the same over processes."""

from ganflow.sweep.ranks import sweep_over_ranks
from ganflow.sweep.run import sweep
from ganflow.sweep.settings import GameSetting, GanSetting

__all__ = ["GameSetting", "GanSetting", "sweep", "sweep_over_ranks"]
