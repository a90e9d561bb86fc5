"""Run one training step under counters, and keep what they counted.

Nothing here knows what the step is: hooks on the two networks, and torch's own counters
around it, see every pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields

from torch import nn

from ganflow.check import whole
from ganflow.cost.bytes import LiveBytes, SavedBytes
from ganflow.cost.flops import Flops
from ganflow.cost.passes import PassCounter
from ganflow.schedule import Passes


@dataclass(frozen=True)
class StepCost:
    """What one training step took.

    Parameters
    ----------
    passes : Passes
        In batches; a call on real and fake together is two. Parts of a batch count as a
        fraction.
    flops : int
        Of the matrix products and convolutions; a product and a sum are two.
    saved_bytes : int
        The most that autograd kept at once for backward, weights apart.
    peak_bytes : int
        The most that the step's own tensors held at once, gradients among them, weights
        and inputs apart; what a kernel takes inside itself is not seen.
    """

    passes: Passes
    flops: int
    saved_bytes: int
    peak_bytes: int


def cost_of(
    step: Callable[[], object], *, G: nn.Module, D: nn.Module, batch: int
) -> StepCost:
    """Run `step` once and count.

    Parameters
    ----------
    step : callable
        Does one training step; called without arguments. Run it before once, so that
        the state of its optimizers is not counted as new.
    G : nn.Module
        The generator as the step calls it; its first argument is the batch.
    D : nn.Module
        The critic as the step calls it; its first argument is the batch.
    batch : int
        >= 1, samples in one pass.

    Returns
    -------
    StepCost

    Raises
    ------
    ValueError
        A batch below 1.

    Gradient: that of the step; the hooks read and change none. A penalty's second
    derivative also goes through the graph of the first: that part of it is in the
    FLOPs, but not in `passes`.
    """
    whole("batch", batch, least=1)
    passes, saved = PassCounter(G, D), SavedBytes(G, D)
    flops, live = Flops(), LiveBytes()
    with ExitStack() as counters:
        for counter in (passes, saved, flops, live):
            counters.enter_context(counter)
        step()
    return StepCost(passes.passes(batch), flops.total, saved.peak, live.peak)


def cost_table(costs: Mapping[str, StepCost]) -> str:
    """A line of text for each step: passes, GFLOP and megabytes (10^6 bytes).

    Parameters
    ----------
    costs : dict of StepCost
        What each step took, by its name.

    Returns
    -------
    str
    """
    heads = [field.name.replace("_", " ") for field in fields(Passes)]
    heads += ["GFLOP", "saved MB", "peak MB"]
    first = max(map(len, costs), default=0)
    lines = [" " * first + "".join(f"  {head}" for head in heads)]
    for name, cost in costs.items():
        numbers = [cost.flops / 1e9, cost.saved_bytes / 1e6, cost.peak_bytes / 1e6]
        cells = [f"{n:.3g}" for n in cost.passes]
        cells += [f"{n:#.3g}".rstrip(".") for n in numbers]  # 0.560 under 0.803
        row = zip(cells, heads, strict=True)
        lines.append(
            f"{name:{first}}" + "".join(f"  {c:>{len(head)}}" for c, head in row)
        )
    return "\n".join(lines)
