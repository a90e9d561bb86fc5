"""What a box of the trace view says: its lines, and what a reader of it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ganflow.layout import Box, lines_of, shape_words, size_words
from ganflow.records import DerivativeTrace, Flow


@dataclass(frozen=True)
class TraceState:
    """What the view shows for one choice of loss, cut and freeze.

    trace : the trace of the loss, or None: `message` then says why there is none.
    values : what to say of a node's value, by node id ("mean 0.12", "0.69")
    gradients : the norm of the loss's derivative at a node, by node id
    flow : the flow table of the program in this state
    """

    trace: DerivativeTrace | None
    values: Mapping[int, str] = field(default_factory=dict)
    gradients: Mapping[int, float] = field(default_factory=dict)
    flow: Flow | None = None
    message: str = ""

    def __post_init__(self):
        if not isinstance(self.trace, DerivativeTrace | None):
            raise TypeError(
                f"a state holds a DerivativeTrace, not a {type(self.trace).__name__}: "
                "pass what seen.trace(loss) gives"
            )
        if self.trace is None and not self.message:
            raise ValueError("a state without a trace needs a message that says why")


class Pool:
    """Unique values in the order in which they came, each by its number."""

    def __init__(self):
        self.items: list = []
        self._number: dict[str, int] = {}

    def add(self, item) -> int:
        """The number of `item`; a new one if it was not added before."""
        number = self._number.setdefault(repr(item), len(self.items))
        if number == len(self.items):
            self.items.append(item)
        return number


def card(box: Box, state: TraceState) -> dict:
    """What a box says: its lines, and what the reader of one box is told."""
    arrives = "the derivative arrives" if box.live else "not reached"
    return {
        "lines": lines_of(box),
        "live": box.live,
        "says": ", ".join([*lines_of(box), arrives]),
        "reads": [list(pair) for pair in _reads(box, state) if pair[1]],
    }


def _reads(box: Box, state: TraceState):
    first = box.nodes[0]
    yield "steps", " → ".join(box.calls) if len(box.calls) > 1 else ""
    if box.kind == "operation" and len(box.nodes) == 1:
        yield "backward step", state.trace.by_id[first].op
    yield "shape", shape_words(box.shape)
    yield "value", state.values.get(first, "")
    size = state.gradients.get(first)
    if not box.live:
        yield "derivative", "none: not reached"
    elif size is not None:
        yield "derivative", f"norm {size:.4g}"
    if box.parameters:
        yield ".grad filled", f"{box.reached} of {box.parameters} parameters"
        yield "stopped by", ", ".join(box.stopped)
    yield "saved bytes", size_words(box.saved_bytes) if box.live else ""
    yield "freed", f"{box.freed} operations" if box.freed else ""
