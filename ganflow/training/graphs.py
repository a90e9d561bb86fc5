"""Record a tick's moves as one CUDA graph, and play it again each tick.

The host then launches one thing a tick in place of some thousands, which is what small
networks on a large GPU wait for.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor

from ganflow.training.run import Run
from ganflow.training.sampling import Batches, sample_batches
from ganflow.training.updates import Turns, turns

WARM_UP = 3  # ticks before recording: kernels are chosen, Adam's memory is made


def recorded_turns(run: Run) -> Turns:
    """Record the moves of a tick, leaving the run where it was.

    Parameters
    ----------
    run : Run
        On a CUDA device, with fast settings, that no process shares.

    Returns
    -------
    callable
        As `updates.turns`, for this run only.

    Raises
    ------
    ValueError
        Another run than that.

    Gradient: that of `turns`, whose kernels are played again; afterwards .grad of D and
    G lie in the graph's own memory.
    """
    if run.device.type != "cuda" or not run.settings.fast or run.share is not None:
        raise ValueError(
            "a CUDA graph is recorded of fast moves, by one process, on a CUDA device; "
            f"here fast is {run.settings.fast} and the device {run.device}"
        )
    batches = sample_batches(run.settings, len(run.images), run.tick, run.device)
    still = Batches(*(x.clone() for x in batches))  # the graph reads these places
    before = _kept(run)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            turns(run, still)
    torch.cuda.current_stream().wait_stream(side)
    run.optimizer_D.zero_grad()
    run.optimizer_G.zero_grad()
    gc.collect()  # an older tick kept by a cycle would spoil the recording
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        row = turns(run, still)
    _restore(run, before)

    def play(_run: Run, batches: Batches) -> Tensor:
        for place, value in zip(still, batches, strict=True):
            place.copy_(value)
        graph.replay()
        return row.clone()

    return play


def _values(run: Run) -> Iterator[Tensor]:
    """Every tensor that a move changes; Adam's memory, made by its first move, last."""
    for net in (run.G, run.D):
        yield from net.parameters()
        yield from net.buffers()
    for optimizer in (run.optimizer_G, run.optimizer_D):
        for memory in optimizer.state.values():
            yield from (value for value in memory.values() if torch.is_tensor(value))


def _kept(run: Run) -> tuple[list[Tensor], dict[str, dict[str, Any]]]:
    """What the warm-up changes, as it is before: tensors, and the scales of fp16."""
    values = [value.detach().clone() for value in _values(run)]
    return values, {name: held.state_dict() for name, held in run.scalers.items()}


@torch.no_grad()
def _restore(run: Run, kept: tuple[list[Tensor], dict[str, dict[str, Any]]]) -> None:
    """Undo the warm-up in place: the graph knows the tensors by their addresses."""
    before, scales = kept
    for value, old in zip_longest(_values(run), before):
        # What Adam had not made by then is zero before its first move.
        value.zero_() if old is None else value.copy_(old)
    for name, state in scales.items():
        run.scalers[name].load_state_dict(state)
