"""Name the box that each node lies in, the same for the same forward code."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from graphlib import TopologicalSorter

import networkx as nx

from ganflow.records import DerivativeTrace, Node


def box_keys(trace: DerivativeTrace, name: str) -> dict[int, dict[str, str]]:
    """For each node, in the order a derivative meets them, its box in every fold.

    Parameters
    ----------
    trace : DerivativeTrace
    name : str
        What the root is called.

    Returns
    -------
    dict from int to dict
        By node id: "network", "layer" and "operation" -> the key of the box.
    """
    before = {node.id: [] for node in trace.nodes}
    for edge in trace.edges:
        before[edge.end].append(edge.start)
    order = list(TopologicalSorter(before).static_order())
    places, groups = _places(trace, order), _groups(trace, before, order)
    if not home_of(trace.by_id[trace.root], trace):
        places[trace.root] = f"loss {name}"
    size, keys = Counter(groups.values()), {}
    for number in order:
        home, layer = home_of(trace.by_id[number], trace), layer_of(trace.by_id[number])
        group = places[groups[number]] + "+" * (size[groups[number]] > 1)
        keys[number] = {
            "network": home or group,
            "layer": f"{home}.{layer}" if home and layer else group,
            "operation": places[number],
        }
    return keys


def _places(trace: DerivativeTrace, order: list[int]) -> dict[int, str]:
    """A name for each node that the same forward code gives it in every state."""
    fed, count, places = _fed_by(trace, order), Counter(), {}
    for number in order:
        node = trace.by_id[number]
        where = f"{home_of(node, trace)}.{layer_of(node)}/{node.label}@{fed[number]}"
        count[where] += 1
        places[number] = f"{where}#{count[where]}"
    return places


def _groups(trace: DerivativeTrace, before: Mapping, order: list[int]) -> dict:
    """Operations outside every layer, grouped so that no group wraps around a layer.

    Two of them go together if they touch and the same number of borders (between
    layers, networks and the outside) lies between each of them and the root.
    """
    room = {n.id: (home_of(n, trace), layer_of(n)) for n in trace.nodes}
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
    return {
        number: min(part, key=rank.__getitem__) for part in parts for number in part
    }


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


def home_of(node: Node, trace: DerivativeTrace) -> str:
    """The watched network that a node ran in, or "" outside all of them."""
    network = node.network or ""
    return network if network in trace.networks else ""


def layer_of(node: Node) -> str:
    """The layer that a node ran in; a weight's layer can be read off its name."""
    if node.layer is None and node.kind == "parameter":
        return node.name.removeprefix(f"{node.network}.").rpartition(".")[0]
    return node.layer or ""
