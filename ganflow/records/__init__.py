"""What happened, ready to print or draw: plain data, nothing that trains."""

from ganflow.records.derivative_trace import DerivativeTrace, Edge, Node, Saved
from ganflow.records.flow import Flow, FlowCell
from ganflow.records.history import History

__all__ = ["DerivativeTrace", "Edge", "Flow", "FlowCell", "History", "Node", "Saved"]
