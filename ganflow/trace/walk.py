"""Walk all of a loss's graph as `backward` does, leaving no `.grad` behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge

from ganflow.trace.calls import GradNode
from ganflow.trace.double_backward import nodes_behind


def derivatives(loss: Tensor, wanted: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """By each of the tensors; but asked for by every leaf, so that all nodes run.

    For the tensors alone torch would leave out what leads elsewhere, and with it the
    errors that `backward` raises there. The graph is kept.

    Parameters
    ----------
    loss : Tensor with one element
        With its graph.
    wanted : sequence of Tensor
        Each needs a gradient.
    """
    edges = [get_gradient_edge(tensor) for tensor in wanted]
    edges += [GradientEdge(n, 0) for n in nodes_behind(loss) if _is_leaf(n)]
    arrived = torch.autograd.grad(loss, edges, retain_graph=True, allow_unused=True)
    return arrived[: len(wanted)]


def where_it_stops(loss: Tensor, tensors: Iterable[Tensor]) -> list[str]:
    """Name the functions that hand on None, on the ways to any of the tensors.

    Parameters
    ----------
    loss : Tensor with one element
        With its graph.
    tensors : iterable of Tensor
        Those at which nothing arrives.

    Returns
    -------
    list of str
        In alphabetical order; none where the graph does not lead to the tensors.
    """
    leads = _leading_to({id(t) for t in tensors if t.requires_grad}, nodes_behind(loss))
    stops: set[str] = set()
    with ExitStack() as hooks:
        for node in leads:
            if not _is_leaf(node):
                handle = node.register_hook(_noting(node, leads, stops))
                hooks.callback(handle.remove)
        if leads:
            derivatives(loss, [])
    return sorted(stops)


def _leading_to(leaves: set[int], nodes: Sequence[GradNode]) -> set[GradNode]:
    """The nodes that lead to a leaf with one of the ids, and the leaves' own."""
    users: dict[GradNode, list[GradNode]] = {}
    for node in nodes:
        for behind, _ in node.next_functions:
            users.setdefault(behind, []).append(node)
    todo = [node for node in nodes if _is_leaf(node) and id(node.variable) in leaves]
    leads = set(todo)
    while todo:
        new = set(users.get(todo.pop(), ())) - leads
        leads |= new
        todo += new
    return leads


def _noting(
    node: GradNode, leads: set[GradNode], stops: set[str]
) -> Callable[[tuple, tuple], None]:
    """A hook that notes the node where it was given a slope and hands none on."""
    place = [k for k, (behind, _) in enumerate(node.next_functions) if behind in leads]
    name = re.sub(r"Backward\d*$", "", node.name())

    def hook(made: tuple[Tensor | None, ...], given: tuple[Tensor | None, ...]) -> None:
        if any(slope is not None for slope in given):
            if any(made[k] is None for k in place):
                stops.add(name)

    return hook


def _is_leaf(node: GradNode) -> bool:
    return hasattr(node, "variable")
