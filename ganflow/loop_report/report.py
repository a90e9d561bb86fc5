"""The report of a watched loop: its record, and the forms in which it is read."""

from __future__ import annotations

from ganflow.loop_report.record import LoopRecord
from ganflow.loop_report.text import as_text


class LoopReport(LoopRecord):
    """What a loop did. `print(report)` is the report for people."""

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__
