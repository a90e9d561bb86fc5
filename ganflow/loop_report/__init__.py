"""What a training loop did: the record of what was seen, and what follows from it."""

from ganflow.loop_report.record import (
    Arrival,
    CostRow,
    Finding,
    LoopCost,
    LoopReport,
    Move,
    Place,
)

__all__ = [
    "Arrival",
    "CostRow",
    "Finding",
    "LoopCost",
    "LoopReport",
    "Move",
    "Place",
]
