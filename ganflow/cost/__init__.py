"""What one training step costs: passes through networks, FLOPs, bytes."""

from ganflow.cost.step import StepCost, cost_of, cost_table

__all__ = ["StepCost", "cost_of", "cost_table"]
