"""Which way each backward pass pulls a critic's scores."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.hub import Hub
from ganflow.loop_report.log import Pull

EARLY = 48  # moves of a player at each of which its numbers are read
RARELY = 8  # after them: at every so many
MOST = 32  # scores of a batch
WIDEST = 4096  # numbers of one score: more are an image


def is_looked_at(moves: int) -> bool:
    """Whether numbers are read of a player that has moved so often: at first, always.

    Parameters
    ----------
    moves : int, >= 0
        Of the player.
    """
    return moves <= EARLY or not moves % RARELY


class Pulls:
    """Reads the derivative at each network's output, some numbers of it.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer

    def watch(self, call: Call, output: Tensor) -> None:
        """Look at what arrives at the output of a call.

        Parameters
        ----------
        call : Call
            Of a whole network.
        output : Tensor of any shape
            Its first dimension is the batch.
        """
        observer = self._observer
        if type(output) is not Tensor or not output.numel() or not output.dim():
            return
        if output.numel() > WIDEST * len(output):
            return
        if observer.only_makes(call.player):
            return
        versions = observer.log.versions
        if not any(is_looked_at(versions[who]) for who in (call.player, *call.made_by)):
            return
        for maker, sample in _samples(call, output):
            output.register_hook(self._hook(call, maker, sample, sample(output)))

    def _hook(self, call: Call, maker: str | None, sample, scores: Tensor):
        observer = self._observer

        def arrived(slope: Tensor) -> None:
            back = observer.back
            if back is not None and observer.passes.counts:
                pull = call.player, maker, scores, sample(slope), call.place
                back.pulls.append(Pull(*pull, slope.numel(), maker in call.cut_from))

        return arrived


def _samples(call: Call, output: Tensor):
    """For each kind of row in a batch, how to copy some of its scores."""
    kinds: dict[str | None, list[int]] = {}
    if not call.mixed:
        maker = next(iter(sorted(call.made_by)), None)
        step = -(-output.numel() // MOST)
        yield maker, _unseen(lambda t: t.reshape(-1)[::step].clone())
        return
    for first, last, maker in call.rows:
        kinds.setdefault(maker, []).extend(range(first, last))
    for maker, rows in kinds.items():
        picked = [row for row in rows if row < output.shape[0]][:MOST]
        if picked:
            pick = lambda t, at=picked: t.reshape(t.shape[0], -1)[at, 0]  # noqa: E731
            yield maker, _unseen(pick)


def _unseen(pick: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Let no dispatch mode see how numbers are copied."""

    def copy(tensor: Tensor) -> Tensor:
        guard = torch._C._DisableTorchDispatch()
        try:
            return pick(tensor.detach())
        finally:
            del guard

    return copy
