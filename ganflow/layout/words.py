"""Say in words what a trace or a flow shows: for alt text and for a screen reader."""

from __future__ import annotations

from functools import singledispatch

from ganflow.layout.fold import Box, fold_trace
from ganflow.records import DerivativeTrace, Flow


@singledispatch
def describe(record: object, name: str = "") -> str:
    """One or two sentences that say what a figure of `record` shows.

    Parameters
    ----------
    record : DerivativeTrace or Flow
    name : str
        What a trace's root is called, "loss_D" for example; its own name if empty.

    Returns
    -------
    str
        Plain text, fit for an image's alt text.

    Raises
    ------
    TypeError
        A record of another type.
    """
    kind = type(record).__name__
    raise TypeError(f"describe takes a DerivativeTrace or a Flow, not a {kind}")


@describe.register
def _(record: DerivativeTrace, name: str = "") -> str:
    name = name or record.by_id[record.root].label
    boxes = fold_trace(record, "network").boxes
    called = record.called & set(record.networks)
    order = [key for key in boxes if key in called]
    order += [network for network in record.networks if network in called - set(order)]
    met = [_meets(record, network) for network in order]
    words = "; it ".join(met) or "meets no network"
    return f"The derivative of {name} {words}."


def _meets(trace: DerivativeTrace, network: str) -> str:
    """What the derivative does at one network."""
    total, reached = len(trace.networks[network]), len(trace.reached[network])
    why = ", ".join(trace.why_not(network))
    if not reached and not trace.flows_through(network):
        return f"never arrives in {network}" + (f" (cut: {why})" if why else "")
    if not reached:
        reason = "frozen" if why == "frozen parameter" else why or "no parameter asks"
        return f"flows through {network} but accumulates nothing in it ({reason})"
    count = f"all {total}" if reached == total else f"{reached} of {total}"
    through = f"flows through {network} and " if trace.flows_through(network) else ""
    return f"{through}accumulates into {count} parameters of {network}"


@describe.register
def _(record: Flow, name: str = "") -> str:
    lines = [
        f"{loss} to {player}: {record[loss, player].words(3)}"
        for loss in record.losses
        for player in record.players
    ]
    return "Which loss reaches whose parameters. " + "; ".join(lines) + "."


def size_words(nbytes: int | None) -> str:
    """Bytes as a reader says them: "512 B", "1.2 kB" (powers of 1000); "" if None."""
    if nbytes is None:
        return ""
    for unit, size in (("MB", 1_000_000), ("kB", 1_000)):
        if nbytes >= size:
            return f"{nbytes / size:.1f} {unit}"
    return f"{nbytes} B"


def shape_words(shape: tuple[int, ...] | None) -> str:
    """A shape as "64 × 1"; "one number" without dimensions; empty if unknown."""
    if shape is None:
        return ""
    return " × ".join(map(str, shape)) or "one number"


def lines_of(box: Box) -> tuple[str, ...]:
    """The lines written under a box's title."""
    lines = []
    if box.kind == "network":
        lines.append(f"{len(box.nodes) - box.parameters} operations")
    elif box.kind in ("layer", "loss") and box.calls:
        lines += _two_lines(box.calls)
    elif box.kind == "operation" and box.network:
        where = f"{box.network}.{box.layer}".rstrip(".")
        lines.append(" · ".join(filter(None, (where, shape_words(box.shape)))))
    elif box.kind in ("operation", "parameter", "input"):
        why = box.stopped if box.kind == "parameter" else ()
        short = (reason.removesuffix(" parameter") for reason in why)
        lines.append(" · ".join([shape_words(box.shape) or box.kind, *short]))
    if box.parameters and box.kind != "parameter":
        lines.append(_weights(box))
    return tuple(lines)


def _weights(box: Box) -> str:
    some = f"{box.reached} of {box.parameters} .grad filled"
    if not box.reached and "frozen parameter" in box.stopped:
        return f"frozen: {some}"
    return some


def _two_lines(calls: tuple[str, ...], most: int = 24) -> list[str]:
    """The calls in one line of at most `most` letters, or in two."""
    lines = [calls[0]]
    for call in calls[1:]:
        if len(joined := f"{lines[-1]} · {call}") <= most or len(lines) == 2:
            lines[-1] = joined
        else:
            lines.append(call)
    return [_short(line, most) for line in lines]


def _short(text: str, most: int = 24) -> str:
    """`text`, its end dropped for "…" where it is longer than `most` letters."""
    return text if len(text) <= most else text[: most - 1].rstrip(" ·") + "…"


def role_of(network: str | None) -> str:
    """Whose colour a network wears: "G", "D", "other", or "" outside every network."""
    if not network:
        return ""
    if network.lower().startswith(("c", "d")):
        return "D"
    return "G" if network.lower().startswith("g") else "other"
