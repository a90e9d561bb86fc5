"""What one training step costs: passes through networks, FLOPs, bytes."""

from ganflow.cost.bytes import SavedBytes
from ganflow.cost.lines import LineBytes, bytes_by_line
from ganflow.cost.step import StepCost, cost_of, cost_table

__all__ = [
    "LineBytes",
    "SavedBytes",
    "StepCost",
    "bytes_by_line",
    "cost_of",
    "cost_table",
]
