"""What happened, ready to print or draw: plain data, nothing that trains."""

from ganflow.record.derivative_trace import DerivativeTrace, Edge, Node, Saved
from ganflow.record.flow import Flow, FlowCell
from ganflow.record.history import History

__all__ = ["DerivativeTrace", "Edge", "Flow", "FlowCell", "History", "Node", "Saved"]
