"""The game of two numbers under any schedule of a grid, recorded."""

from ganflow.widgets.schedule_lab.record import ScheduleLab
from ganflow.widgets.schedule_lab.recording import record_schedule_lab
from ganflow.widgets.schedule_lab.view import ScheduleLabView, schedule_lab

__all__ = ["ScheduleLab", "ScheduleLabView", "record_schedule_lab", "schedule_lab"]
