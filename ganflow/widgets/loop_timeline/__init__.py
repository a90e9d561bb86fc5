"""What each step of a watched loop read, as boxes and arrows that answer a tap."""

from ganflow.widgets.loop_timeline.view import LoopTimelineView, loop_timeline

__all__ = ["LoopTimelineView", "loop_timeline"]
