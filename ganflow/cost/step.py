"""Run one training step under counters, and keep what they counted.

Nothing here knows what the step is: the networks' calls, their graphs, and torch's own
counters around it tell every pass.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields

import torch
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
        fraction; a pass through a part of the network is a pass. A walk that carries
        zeros is a pass, too, since it is walked and paid for.
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
    step: Callable[[], object],
    *,
    G: nn.Module | Sequence[nn.Module],
    D: nn.Module | Sequence[nn.Module],
    batch: int,
) -> StepCost:
    """Run `step` once and count.

    Parameters
    ----------
    step : callable
        Does one training step; called without arguments. Run it before once, so that
        the state of its optimizers is not counted as new.
    G : nn.Module or list of nn.Module
        The generator, or several, whose passes add up. The step may call it, its
        `forward`, or its parts, with whatever arguments: the samples of a call are the
        first axis of most tensors that go in and come out.
    D : nn.Module or list of nn.Module
        The critic, or several, as G.
    batch : int
        >= 1, samples in one pass.

    Returns
    -------
    StepCost

    Raises
    ------
    TypeError
        G or D is neither a network nor a list of networks.
    ValueError
        A batch below 1, an empty list, a network made by torch.jit, or a call without
        any batch.

    Gradient: that of the step; the hooks read and change none. A penalty differentiates
    the walk of a first derivative: those products are in the FLOPs, but in no pass.
    From there torch also walks the graph of that first forward pass, and this is a pass
    to the weights and to the input. With ReLU or LeakyReLU it carries exact zeros, and
    costs what any pass costs, unless a loss in the same backward walks there anyway.

    Networks of `torch.compile` run uncompiled in the step. What is not seen: a weight
    that is used past every module of its network, what vmap hides, and the copies of
    DataParallel on several GPUs.
    """
    whole("batch", batch, least=1)
    players = {"G": _networks("G", G), "D": _networks("D", D)}
    passes, saved = PassCounter(**players), SavedBytes(*players["G"], *players["D"])
    flops, live = Flops(), LiveBytes()
    with ExitStack() as counters:
        if "torch._dynamo" in sys.modules:
            counters.enter_context(torch.compiler.set_stance("force_eager"))
        for counter in (passes, saved, flops, live):
            counters.enter_context(counter)
        step()
    return StepCost(passes.passes(batch), flops.total, saved.peak, live.peak)


def _networks(player: str, given: nn.Module | Sequence[nn.Module]) -> list[nn.Module]:
    networks: list[nn.Module] = []
    for network in given if isinstance(given, (list, tuple)) else [given]:
        if not isinstance(network, nn.Module):
            raise TypeError(
                f"{player} is to be a network (nn.Module) or a list of networks, and "
                f"holds a {type(network).__name__}"
            )
        networks.append(network)
    if not networks:
        raise ValueError(f"{player} is an empty list: give its networks")
    return networks


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
