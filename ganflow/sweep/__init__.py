"""Many runs at once: settings, and `sweep`."""

from ganflow.sweep.run import sweep
from ganflow.sweep.settings import GameSetting, GanSetting

__all__ = ["GameSetting", "GanSetting", "sweep"]
