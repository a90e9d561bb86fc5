"""Run one training step in every setting and keep what the trace view shows of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganflow.records import Flow
from ganflow.trace.flow import Step as Moves
from ganflow.trace.flow import flow
from ganflow.trace.watch import WatchedBlock
from ganflow.widgets.trace_view.states import TraceState

Step = Callable[[bool, bool], tuple[WatchedBlock, Mapping[str, Tensor]]]


def record_states(
    step: Step,
    players: Mapping[str, nn.Module],
    steps: Mapping[str, Moves] | None = None,
) -> dict[tuple[str, bool, bool], TraceState]:
    """The states of a step: every loss, with and without the cut and the freeze.

    Parameters
    ----------
    step : callable
        (cut, frozen) -> (seen, losses). Runs the forward pass inside
        `with watch(...) as seen` and returns `seen` and its losses by name. What `cut`
        and `frozen` do is the step's own business; it leaves the networks as it found
        them.
    players : mapping from str to nn.Module
        The networks by name, for the flow table.
    steps : dict of loss -> optimizer, tensors, or several of them; or None
        As in `flow`: the step that would follow each loss.

    Returns
    -------
    dict from (str, bool, bool) to TraceState
        By loss, cut and frozen; for `TraceView.record` or `trace_lab`.

    Gradient: runs `autograd.grad` on each loss and keeps its graph; `.grad` stays as it
    was.
    """
    states = {}
    for cut, frozen in product((False, True), repeat=2):
        with _Values() as values:
            seen, losses = step(cut, frozen)
        traced = {name: loss for name, loss in losses.items() if loss.requires_grad}
        moves = {name: moved for name, moved in (steps or {}).items() if name in traced}
        table = flow(traced, players, moves, seen) if traced else None
        for name, loss in losses.items():
            states[name, cut, frozen] = (
                _state(seen, loss, values.words, table)
                if name in traced
                else TraceState(
                    None, message=f"{name} has no history: backward() would refuse it."
                )
            )
    return states


def _state(
    seen: WatchedBlock, loss: Tensor, words: Mapping, table: Flow | None
) -> TraceState:
    order = _live(loss)
    norms = _derivatives(loss, order)
    said = {
        number: _summary(node.variable)
        if hasattr(node, "variable")
        else words.get(node)
        for number, node in enumerate(order)
    }
    return TraceState(
        seen.trace(loss),
        values={number: text for number, text in said.items() if text},
        gradients={n: norms[node] for n, node in enumerate(order) if node in norms},
        flow=table,
    )


def _live(loss: Tensor) -> list:
    """The nodes of the backward pass, breadth first, as a trace numbers its own."""
    todo = [] if loss.grad_fn is None else [loss.grad_fn]
    order = dict.fromkeys(todo)
    for node in todo:
        for behind, _ in node.next_functions:
            if behind is not None and behind not in order:
                order[behind] = None
                todo.append(behind)
    return list(order)


def _derivatives(loss: Tensor, order: list) -> dict:
    """The norm of the loss's derivative at each node where one arrives."""
    norms: dict = {}
    leaves = {node: node.variable for node in order if hasattr(node, "variable")}

    def note(node):
        def hook(arrived):
            parts = [part.norm() for part in arrived if part is not None]
            if parts:  # a custom Function may hand on nothing
                norms[node] = float(torch.stack(parts).norm())

        return hook

    handles = [
        node.register_prehook(note(node)) for node in order if node not in leaves
    ]
    found = torch.autograd.grad(
        loss, list(leaves.values()), retain_graph=True, allow_unused=True
    )
    for handle in handles:
        handle.remove()
    arrived = zip(leaves, found, strict=True)
    return norms | {n: float(part.norm()) for n, part in arrived if part is not None}


class _Values(TorchFunctionMode):
    """Says of every value with a history what it is, while the step runs."""

    def __init__(self):
        super().__init__()
        self.words: dict = {}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and made.grad_fn is not None:
            self.words[made.grad_fn] = _summary(made)
        return made


def _summary(value: Tensor) -> str:
    """A number as it is; more of them by their mean and spread."""
    value = value.detach().float()
    if value.numel() == 1:
        return f"{value.item():.4g}"
    return f"mean {value.mean().item():.3g}, spread {value.std().item():.3g}"
