"""Many runs at once: settings, `sweep`, and the same over processes."""

from ganflow.sweeps.ranks import sweep_over_ranks
from ganflow.sweeps.run import sweep
from ganflow.sweeps.settings import GameSetting, GanSetting

__all__ = ["GameSetting", "GanSetting", "sweep", "sweep_over_ranks"]
