"""What several packages share: what happened, as plain data that trains nothing."""

from ganflow.records.derivative_trace import DerivativeTrace
from ganflow.records.flow import Flow, FlowCell
from ganflow.records.history import History
from ganflow.records.nodes import Edge, Node, Saved
from ganflow.records.watch import Watch

__all__ = [
    "DerivativeTrace",
    "Edge",
    "Flow",
    "FlowCell",
    "History",
    "Node",
    "Saved",
    "Watch",
]
