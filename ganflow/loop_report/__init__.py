"""What a training loop did: the record of what was seen, and what follows from it."""

from ganflow.loop_report.record import (
    Arrival,
    CostRow,
    Finding,
    LoopCost,
    LoopRecord,
    Move,
    Place,
)
from ganflow.loop_report.report import LoopReport

__all__ = [
    "Arrival",
    "CostRow",
    "Finding",
    "LoopCost",
    "LoopRecord",
    "LoopReport",
    "Move",
    "Place",
]
