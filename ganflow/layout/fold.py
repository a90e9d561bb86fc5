"""Fold the operations of one layer, or of one network, into one box."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from ganflow.layout.keys import box_keys, home_of, layer_of
from ganflow.records import DerivativeTrace, Edge, Node

FOLDS = ("network", "layer", "operation")


@dataclass(frozen=True)
class Box:
    """Some nodes of a trace drawn as one.

    Parameters
    ----------
    key : str
        The same for the same forward code in every state of a program.
    kind : str
        "network", "layer", "operation", "parameter", "input" or "loss".
    title : str
    calls : tuple of str
        What ran inside, in forward order.
    network : str or None
        The watched network that it belongs to, if to one.
    layer : str
        The layer that it belongs to, or "".
    nodes : tuple of int
        The one nearest the loss first.
    live : bool
        Whether any node inside is live.
    saved_bytes : int or None
        Each memory block counted once within the box, weights not counted; None where
        the trace does not tell.
    shape : tuple of int or None
        Of the first node's value.
    freed : int
        How many live operations have freed what they saved.
    parameters : int
        How many weights lie inside.
    reached : int
        How many of them receive a derivative.
    stopped : tuple of str
        The reasons of cuts inside the box, and at its edge where none is live inside.
    """

    key: str
    kind: str
    title: str
    calls: tuple[str, ...]
    network: str | None
    layer: str
    nodes: tuple[int, ...]
    live: bool
    saved_bytes: int | None
    shape: tuple[int, ...] | None = None
    freed: int = 0
    parameters: int = 0
    reached: int = 0
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """All edges from one box to another: live wins, then cut, then beyond.

    Parameters
    ----------
    start : str
        Key of the box nearer the loss.
    end : str
        Key of the other one.
    live : bool
        Whether the derivative travels along any of the edges.
    cuts : tuple of str
        Why the edges are cut, where none is live.
    edges : int
        How many there are.
    """

    start: str
    end: str
    live: bool
    cuts: tuple[str, ...] = ()
    edges: int = 1

    @property
    def state(self) -> str:
        """ "live", "cut" or "beyond" (it lies behind a cut)."""
        return "live" if self.live else "cut" if self.cuts else "beyond"


@dataclass(frozen=True)
class Folded:
    """A trace as boxes and links, both by key, in the order a derivative meets them."""

    boxes: Mapping[str, Box]
    links: Mapping[tuple[str, str], Link]


def fold_trace(
    trace: DerivativeTrace, fold: str | Mapping[str, str] = "layer", *, name: str = ""
) -> Folded:
    """Fold a trace, each network as deep as `fold` says.

    Parameters
    ----------
    trace : DerivativeTrace
    fold : str or mapping from str to str
        "network", "layer" or "operation", or one of these for each network by name. ""
        stands for what runs outside every network; networks left out fold whole.
    name : str
        What to call the root, "loss_D" for example; its own name if empty.

    Returns
    -------
    Folded
        Every node lies in exactly one box.

    Raises
    ------
    TypeError
        No trace, or a fold that is neither a word nor a dict.
    ValueError
        An unknown fold, or a network that the trace does not know.
    """
    if not isinstance(trace, DerivativeTrace):
        raise TypeError(
            f"a picture shows a DerivativeTrace, and this is a {type(trace).__name__}: "
            "pass what seen.trace(loss) gives"
        )
    depth = _depth_of(trace, fold)
    keys = {
        number: found[depth[home_of(trace.by_id[number], trace)]]
        for number, found in box_keys(trace, name).items()
    }
    members = defaultdict(list)
    for number, key in keys.items():
        members[key].append(trace.by_id[number])
    into, between = defaultdict(list), defaultdict(list)
    for edge in trace.edges:
        start, end = keys[edge.start], keys[edge.end]
        into[end].append(edge)
        if start != end:
            between[start, end].append(edge)
    boxes = {
        key: _box(key, nodes, into[key], trace, name) for key, nodes in members.items()
    }
    return Folded(boxes, {pair: _link(pair, found) for pair, found in between.items()})


def _depth_of(trace: DerivativeTrace, fold: str | Mapping[str, str]) -> dict[str, str]:
    """The fold of each network, and under "" of what runs outside them."""
    if not isinstance(fold, (str, Mapping)):
        raise TypeError(
            f"fold is {fold!r}: give one of {', '.join(FOLDS)}, or a dict of them by "
            "network"
        )
    homes = ("", *trace.networks)
    depth = dict.fromkeys(homes, fold) if isinstance(fold, str) else dict(fold)
    if unknown := set(depth) - set(homes):
        known = ", ".join(trace.networks) or "none"
        raise ValueError(f"fold names {sorted(unknown)}, but the networks are: {known}")
    if wrong := set(depth.values()) - set(FOLDS):
        raise ValueError(f"a trace folds by {', '.join(FOLDS)}, not by {sorted(wrong)}")
    return {home: depth.get(home, "network") for home in homes}


def _box(
    key: str, nodes: list[Node], into: list[Edge], trace: DerivativeTrace, name: str
) -> Box:
    own, live = {node.id for node in nodes}, any(node.live for node in nodes)
    cuts = [edge for edge in into if edge.cut and (edge.start in own or not live)]
    weights = [node for node in nodes if node.kind == "parameter"]
    reached = sum(node.live for node in weights)
    steps = [node for node in nodes if node.kind == "operation"]
    kind, title = _kind_and_title(key, nodes, trace, name)
    return Box(
        key,
        kind,
        title,
        tuple(dict.fromkeys(node.label for node in reversed(steps))),
        home_of(nodes[0], trace) or None,
        layer_of(nodes[0]),
        tuple(node.id for node in nodes),
        live,
        trace.saved_bytes_of(nodes),
        shape=nodes[0].shape,
        freed=sum(node.live and node.freed for node in nodes),
        parameters=len(weights),
        reached=reached,
        stopped=tuple(sorted({edge.cut for edge in cuts if edge.cut})),
    )


def _kind_and_title(
    key: str, nodes: list[Node], trace: DerivativeTrace, name: str
) -> tuple[str, str]:
    first, home = nodes[0], home_of(nodes[0], trace)
    if any(node.id == trace.root for node in nodes) and not home:
        return "loss", name or trace.by_id[trace.root].label
    if key == home:
        return "network", home
    if key == f"{home}.{layer_of(first)}":
        return "layer", key
    if first.kind == "parameter":
        own = first.name.removeprefix(f"{home}.")
        of_a_list = own == home or own.startswith(f"{home}[")
        return first.kind, own if of_a_list else f"{home}.{own}"
    calls = dict.fromkeys(node.label for node in reversed(nodes))
    return first.kind, " · ".join(calls)


def _link(pair: tuple[str, str], edges: list[Edge]) -> Link:
    live = any(edge.live for edge in edges)
    reasons = sorted({edge.cut for edge in edges if edge.cut})
    return Link(*pair, live, () if live else tuple(reasons), len(edges))
