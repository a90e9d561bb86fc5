"""Sort the boxes of a graph into rows, and each row so that few lines cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import networkx as nx
import numpy as np

SIDE, LANE = 18.0, 16.0  # px between two boxes; kept free for a line that passes a row
SWEEPS = 12
Pair = tuple[str, str]
Ways = dict[Pair, list]  # each link as the stops it passes, one a row, from the loss up


def in_rows(
    sizes: Mapping[str, tuple[float, float]], links: Sequence[Pair], column: float
) -> tuple[list[list], Ways]:
    """Rows of stops from the loss upwards, and the ways of the links through them.

    A stop is the key of a box, or (link, row) where a long line passes a row.

    Parameters
    ----------
    sizes : mapping from str to (float, float)
        Width and height of each box, px.
    links : sequence of (str, str)
        From the box nearer the loss to the box nearer the leaves.
    column : float
        px, the widest that a row may be.

    Returns
    -------
    rows : list of list
        The loss's first.
    ways : dict from (str, str) to list
        Each link's stops, one a row, from the loss up.
    """
    rows = _broken(_levels(_without_circles(sizes, links)), sizes, links, column)
    level = {key: number for number, row in enumerate(rows) for key in row}
    ways: Ways = {}
    for link in links:
        low, high = sorted(link, key=level.__getitem__)
        passed = range(level[low] + 1, level[high])
        ways[link] = [low, *((link, number) for number in passed), high]
        for number in passed:
            rows[number].append((link, number))
    return _fewest_crossings(rows, ways), ways


def _without_circles(sizes: Mapping, links: Sequence[Pair]) -> nx.DiGraph:
    """The links as a graph; one that would close a circle is turned around."""
    graph = nx.DiGraph()
    graph.add_nodes_from(sizes)
    for start, end in links:
        closes = nx.has_path(graph, end, start)
        graph.add_edge(*((end, start) if closes else (start, end)))
    return graph


def _levels(graph: nx.DiGraph) -> list[list[str]]:
    """Each box as near to the loss as its consumers allow, a loss next to its first."""
    generations = enumerate(nx.topological_generations(graph))
    level = {key: number for number, row in generations for key in row}
    for key in graph:
        if graph.in_degree(key) == 0 and graph.out_degree(key):
            level[key] = min(level[end] for end in graph.successors(key)) - 1
    rows: dict[int, list[str]] = {}
    for key in graph:
        rows.setdefault(level[key], []).append(key)
    return [rows[number] for number in sorted(rows)]


def _broken(rows: list[list], sizes: Mapping, links: Sequence[Pair], column: float):
    """The rows again, one that is too wide broken into several; leaves move first."""
    feeds = {start for start, _ in links}
    at = 0
    while at < len(rows):
        level = {key: number for number, row in enumerate(rows) for key in row}
        ends = [sorted((level[a], level[b])) for a, b in links]
        room = column - LANE * sum(low < at < high for low, high in ends)
        row = sorted(rows[at], key=lambda key: key not in feeds)
        width = np.cumsum([sizes[key][0] + SIDE for key in row]) - SIDE
        fits = max(1, int(np.searchsorted(width, room, side="right")))
        rows[at : at + 1] = [part for part in (row[:fits], row[fits:]) if part]
        at += fits >= len(row)  # a broken row is measured again: more lines pass it
    return rows


def _fewest_crossings(rows: list[list], ways: Ways) -> list[list]:
    """Each row by the middle of its neighbours, kept where the fewest lines cross."""
    up = nx.DiGraph()
    up.add_nodes_from(stop for row in rows for stop in row)
    up.add_edges_from(step for way in ways.values() for step in pairwise(way))
    down = up.reverse()
    best, fewest = rows, _crossings(rows, up)
    for sweep in range(SWEEPS):
        near, order = (up, rows[::-1]) if sweep % 2 else (down, rows)
        at = {stop: i / len(row) for row in rows for i, stop in enumerate(row)}
        for row in order:
            want = {s: float(np.mean([at[n] for n in near[s]] or [at[s]])) for s in row}
            ranked = sorted(row, key=lambda stop: (want[stop], at[stop]))  # noqa: B023
            at.update({stop: i / len(row) for i, stop in enumerate(ranked)})
        rows = [sorted(row, key=at.__getitem__) for row in rows]
        if (crossings := _crossings(rows, up)) < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list], up: nx.DiGraph) -> int:
    total = 0
    for row, above in pairwise(rows):
        at = {stop: i for i, stop in enumerate(above)}
        ends = [(i, at[end]) for i, stop in enumerate(row) for end in up[stop]]
        a, b = np.array(ends or [(0, 0)]).T
        total += int(np.sum(np.subtract.outer(a, a) * np.subtract.outer(b, b) < 0)) // 2
    return total
