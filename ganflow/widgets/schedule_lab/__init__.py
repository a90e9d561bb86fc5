"""The game of two numbers under any schedule that is typed, played in the page."""

from ganflow.widgets.schedule_lab.view import ScheduleLabView, schedule_lab

__all__ = ["ScheduleLabView", "schedule_lab"]
