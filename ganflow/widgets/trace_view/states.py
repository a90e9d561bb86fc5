"""The states that the trace view shows, and all of them packed as the data it draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from ganflow.layout import (
    FOLDS,
    Box,
    Folded,
    Places,
    describe,
    fold_trace,
    label_of,
    lay_out_together,
    lines_of,
    role_of,
    shape_words,
    size_words,
)
from ganflow.records import DerivativeTrace, Flow

OUTSIDE = ("network", "operation")


@dataclass(frozen=True)
class TraceState:
    """What the view shows for one choice of loss, cut and freeze.

    Parameters
    ----------
    trace : DerivativeTrace or None
        Of the loss; None where there is none.
    values : dict of str
        What to say of a node's value, by node id ("mean 0.12", "0.69").
    gradients : dict of float
        The norm of the loss's derivative at a node, by node id.
    flow : Flow or None
        The flow table of the program in this state.
    message : str
        Why there is no trace.

    Raises
    ------
    TypeError
        A trace of another kind.
    ValueError
        Neither a trace nor a message.
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


def pack(states: Mapping[tuple, TraceState], *, column: float = 640.0) -> dict:
    """Everything that the view needs to draw any state in any fold, laid out here.

    Parameters
    ----------
    states : (loss,), (loss, cut) or (loss, cut, frozen) -> TraceState; a loss by its
        name, cut and frozen True or False
    column : px, the widest that a picture may be

    Returns
    -------
    dict of JSON types : losses, networks, boxes (size and role of each, by number),
        wires (their ends), pictures (places, by fold), cards (what boxes say), flows,
        and states (for each the card of every box and the state of every line). A box
        lies at one place in a picture whatever the state, so a change shows in place.

    Raises
    ------
    ValueError : no states, or a key of another form.
    """
    losses = _losses(states)
    networks = _networks(states)
    traces = {k: state.trace for k, state in states.items() if state.trace is not None}
    keys, pairs, cards, flows = Pool(), Pool(), Pool(), Pool()
    boxes: dict[int, dict] = {}
    packed = {key: _start(key, state, flows) for key, state in states.items()}
    pictures = {}
    for folds in product(OUTSIDE, *(FOLDS for _ in networks)):
        fold = dict(zip(("", *networks), folds, strict=True))
        folded = {
            key: fold_trace(trace, _known(fold, trace), name=key[0])
            for key, trace in traces.items()
        }
        places = lay_out_together(folded.values(), column=column)
        pictures[",".join(folds)] = _picture(places, keys, pairs)
        for key, found in folded.items():
            _fill(packed[key], found, states[key], (keys, pairs, cards))
            boxes |= {keys.add(k): _frame(b, places) for k, b in found.boxes.items()}
    return {
        "losses": losses,
        "networks": networks,
        "boxes": [boxes[number] for number in range(len(boxes))],
        "wires": [[keys.add(start), keys.add(end)] for start, end in pairs.items],
        "pictures": pictures,
        "cards": cards.items,
        "flows": flows.items,
        "states": _every_state(packed, losses),
    }


def _losses(states: Mapping[tuple, TraceState]) -> list[str]:
    for key in states:
        flags = key[1:] if isinstance(key, tuple) else None
        if flags is None or len(flags) > 2 or {*map(type, flags)} - {bool}:
            raise ValueError(
                f"a state's key is (loss,), (loss, cut) or (loss, cut, frozen) with "
                f"True or False for the last two, not {key!r}"
            )
    if not states:
        raise ValueError("no states: record at least one trace")
    return list(dict.fromkeys(key[0] for key in states))


def _networks(states: Mapping[tuple, TraceState]) -> list[str]:
    traces = [state.trace for state in states.values() if state.trace is not None]
    return list(dict.fromkeys(name for trace in traces for name in trace.networks))


def _known(fold: Mapping[str, str], trace: DerivativeTrace) -> dict[str, str]:
    return {home: fold[home] for home in ("", *trace.networks)}


def _name(key: tuple, losses: list[str]) -> str:
    """The state's name in the browser: "1,0,1" is the second loss, not cut, frozen."""
    cut, frozen = (*key[1:], False, False)[:2]
    return f"{losses.index(key[0])},{int(cut)},{int(frozen)}"


def _every_state(packed: Mapping[tuple, dict], losses: list[str]) -> dict[str, dict]:
    """The states by name; one that was not recorded says so."""
    states = {_name(key, losses): state for key, state in packed.items()}
    for loss, cut, frozen in product(losses, (False, True), (False, True)):
        says = (
            f"Nothing was recorded for {loss} with the cut {'on' if cut else 'off'} "
            f"and the freeze {'on' if frozen else 'off'}."
        )
        states.setdefault(_name((loss, cut, frozen), losses), _nothing(says))
    return states | {"none": _nothing("Nothing was recorded for this choice.")}


def _nothing(says: str) -> dict:
    return {"says": says, "recorded": False, "flow": None, "boxes": {}, "wires": {}}


def _start(key: tuple, state: TraceState, flows: Pool) -> dict:
    says = state.message or describe(state.trace, key[0])
    flow = None if state.flow is None else flows.add(state.flow._repr_html_())
    return _nothing(says) | {"recorded": True, "flow": flow}


def _picture(places: Places, keys: Pool, pairs: Pool) -> dict:
    """Places only, from the loss upwards; numbers stand for boxes and lines."""
    up = sorted(places.spots, key=lambda k: (-places.spots[k].y, places.spots[k].x))
    return {
        "size": [round(places.width), round(places.height)],
        "boxes": [
            [keys.add(k), round(places.spots[k].x), round(places.spots[k].y)]
            for k in up
        ],
        "wires": [
            [pairs.add(pair), _flat(wire.points), _flat([wire.mark])]
            for pair, wire in places.wires.items()
        ],
    }


def _flat(points: Iterable[tuple[float, float]]) -> list[int]:
    return [round(number) for point in points for number in point]


def _frame(box: Box, places: Places) -> dict:
    """What does not depend on the state: title, size, colour, where it belongs."""
    spot = places.spots[box.key]
    return {
        "size": [round(spot.width), round(spot.height)],
        "title": box.title,
        "role": role_of(box.network),
        "kind": box.kind,
        "home": box.network or "",
    }


def _fill(packed: dict, folded: Folded, state: TraceState, pools: tuple) -> None:
    keys, pairs, cards = pools
    for key, box in folded.boxes.items():
        packed["boxes"][keys.add(key)] = cards.add(card(box, state))
    for pair, link in folded.links.items():
        words = label_of(link, folded.boxes[link.end])
        packed["wires"][pairs.add(pair)] = [link.state, words]


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
    if box.kind == "operation" and len(box.nodes) == 1 and state.trace is not None:
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
