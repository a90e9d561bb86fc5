"""Fold the operations of one layer, or of one network, into one box."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter

import networkx as nx

from ganflow.record import DerivativeTrace, Edge, Node

FOLDS = ("network", "layer", "operation")


@dataclass(frozen=True)
class Box:
    """Some nodes of a trace drawn as one.

    kind is "network", "layer", "operation", "parameter", "input" or "loss". `live`: any
    node inside is live. `parameters` and `reached` count the weights inside, and those
    that receive a derivative; `stopped` are the reasons of cuts inside the box.
    `saved_bytes` counts each memory block once within the box, weights not counted.
    `nodes` begin with the one nearest the loss; `shape` is the shape of its value.
    """

    key: str
    kind: str
    title: str
    calls: tuple[str, ...]
    network: str | None
    layer: str
    nodes: tuple[int, ...]
    live: bool
    saved_bytes: int
    shape: tuple[int, ...] | None = None
    freed: int = 0
    parameters: int = 0
    reached: int = 0
    stopped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """All `edges` from one box to another: live wins, then cut (why), then beyond."""

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
    fold : "network", "layer" or "operation", or one of these for each network by name.
        "" stands for what runs outside every network; networks left out fold whole.
    name : what to call the root, "loss_D" for example; its own name if empty.

    Returns
    -------
    Folded : every node lies in exactly one box.

    Raises
    ------
    ValueError : an unknown fold, or a network that the trace does not know.
    """
    depth = _depth_of(trace, fold)
    keys = {
        number: found[depth[_home(trace.by_id[number], trace)]]
        for number, found in _box_keys(trace, name).items()
    }
    members = defaultdict(list)
    for number, key in keys.items():
        members[key].append(trace.by_id[number])
    inside, between = defaultdict(list), defaultdict(list)
    for edge in trace.edges:
        pair = keys[edge.start], keys[edge.end]
        (inside if pair[0] == pair[1] else between)[pair].append(edge)
    boxes = {
        key: _box(key, nodes, inside[key, key], trace, name)
        for key, nodes in members.items()
    }
    return Folded(boxes, {pair: _link(pair, found) for pair, found in between.items()})


def _depth_of(trace: DerivativeTrace, fold: str | Mapping[str, str]) -> dict[str, str]:
    """The fold of each network, and under "" of what runs outside them."""
    homes = ("", *trace.networks)
    depth = dict.fromkeys(homes, fold) if isinstance(fold, str) else dict(fold)
    if unknown := set(depth) - set(homes):
        known = ", ".join(trace.networks) or "none"
        raise ValueError(f"fold names {sorted(unknown)}, but the networks are: {known}")
    if wrong := set(depth.values()) - set(FOLDS):
        raise ValueError(f"a trace folds by {', '.join(FOLDS)}, not by {sorted(wrong)}")
    return {home: depth.get(home, "network") for home in homes}


def _home(node: Node, trace: DerivativeTrace) -> str:
    return node.network if node.network in trace.networks else ""


def _layer(node: Node) -> str:
    """The layer that a node ran in; a weight's layer can be read off its name."""
    if node.layer is None and node.kind == "parameter":
        return node.name.removeprefix(f"{node.network}.").rpartition(".")[0]
    return node.layer or ""


def _places(trace: DerivativeTrace, order: list[int]) -> dict[int, str]:
    """A name for each node that the same forward code gives it in every state."""
    fed, count, places = _fed_by(trace, order), Counter(), {}
    for number in order:
        node = trace.by_id[number]
        where = f"{_home(node, trace)}.{_layer(node)}/{node.label}@{fed[number]}"
        count[where] += 1
        places[number] = f"{where}#{count[where]}"
    return places


def _fed_by(trace: DerivativeTrace, order: list[int]) -> dict[int, str]:
    """For each node the named inputs that its value was computed from."""
    ends, found = defaultdict(list), {}
    for edge in trace.edges:
        ends[edge.start].append(edge.end)
    for number in reversed(order):
        node = trace.by_id[number]
        own = {node.name} if node.kind == "input" and node.name else set()
        found[number] = own.union(*(found[end] for end in ends[number]))
    return {number: ",".join(sorted(names)) for number, names in found.items()}


def _groups(trace: DerivativeTrace, before: Mapping, order: list[int]) -> dict:
    """Operations outside every layer, grouped so that no group wraps around a layer.

    Two of them go together if they touch and the same number of borders (between
    layers, networks and the outside) lies between each of them and the root.
    """
    room = {n.id: (_home(n, trace), _layer(n)) for n in trace.nodes}
    border: dict[int, int] = {}
    for number in order:
        steps = [
            border[start] + (room[start] != room[number]) for start in before[number]
        ]
        border[number] = max(steps, default=0)
    near, by_id = nx.Graph(), trace.by_id
    near.add_nodes_from(order)
    near.add_edges_from(
        (edge.start, edge.end)
        for edge in trace.edges
        if room[edge.start] == room[edge.end]
        and border[edge.start] == border[edge.end]
        and "operation" == by_id[edge.start].kind == by_id[edge.end].kind
    )
    parts = nx.connected_components(near)
    rank = {number: at for at, number in enumerate(order)}
    return {number: min(part, key=rank.get) for part in parts for number in part}


def _box_keys(trace: DerivativeTrace, name: str) -> dict[int, dict[str, str]]:
    """For each node, in the order a derivative meets them, its box in every fold."""
    before = {node.id: [] for node in trace.nodes}
    for edge in trace.edges:
        before[edge.end].append(edge.start)
    order = list(TopologicalSorter(before).static_order())
    places, groups = _places(trace, order), _groups(trace, before, order)
    if not _home(trace.by_id[trace.root], trace):
        places[trace.root] = f"loss {name}"
    size, keys = Counter(groups.values()), {}
    for number in order:
        home, layer = _home(trace.by_id[number], trace), _layer(trace.by_id[number])
        group = places[groups[number]] + "+" * (size[groups[number]] > 1)
        keys[number] = {
            "network": home or group,
            "layer": f"{home}.{layer}" if home and layer else group,
            "operation": places[number],
        }
    return keys


def _box(key: str, nodes: list[Node], cuts: list[Edge], trace, name: str) -> Box:
    weights = [node for node in nodes if node.kind == "parameter"]
    reached = sum(node.live for node in weights)
    steps = [node for node in nodes if node.kind == "operation"]
    kind, title = _kind_and_title(key, nodes, trace, name)
    return Box(
        key,
        kind,
        title,
        tuple(dict.fromkeys(node.label for node in reversed(steps))),
        _home(nodes[0], trace) or None,
        _layer(nodes[0]),
        tuple(node.id for node in nodes),
        any(node.live for node in nodes),
        replace(trace, nodes=tuple(nodes)).saved_bytes,
        shape=nodes[0].shape,
        freed=sum(node.live and node.freed for node in nodes),
        parameters=len(weights),
        reached=reached,
        stopped=tuple(sorted({edge.cut for edge in cuts if edge.cut})),
    )


def _kind_and_title(key: str, nodes: list[Node], trace, name: str) -> tuple[str, str]:
    first, home = nodes[0], _home(nodes[0], trace)
    if any(node.id == trace.root for node in nodes) and not home:
        return "loss", name or trace.by_id[trace.root].label
    if key == home:
        return "network", home
    if key == f"{home}.{_layer(first)}":
        return "layer", key
    if first.kind == "parameter":
        return first.kind, f"{home}.{first.name.removeprefix(f'{home}.')}"
    calls = dict.fromkeys(node.label for node in reversed(nodes))
    return first.kind, " · ".join(calls)


def _link(pair: tuple[str, str], edges: list[Edge]) -> Link:
    live = any(edge.live for edge in edges)
    reasons = sorted({edge.cut for edge in edges if edge.cut})
    return Link(*pair, live, () if live else tuple(reasons), len(edges))
