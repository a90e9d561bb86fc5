"""A derivative trace to look into, and the lab of its states."""

from ganflow.widgets.trace_view.recording import record_states
from ganflow.widgets.trace_view.view import TraceView, trace_lab

__all__ = ["TraceView", "record_states", "trace_lab"]
