"""Which way each backward pass pulls a critic's scores."""

from __future__ import annotations

from torch import Tensor

from ganflow.loop_audit.calls import Call
from ganflow.loop_audit.hub import Hub
from ganflow.loop_report.log import Pull

MOST = 32  # scores of a batch
WIDEST = 4096  # numbers of one score: more are an image


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
        if not output.numel() or not output.dim():
            return
        if output.numel() // len(output) > WIDEST or observer.only_makes(call.player):
            return
        for maker, sample in _samples(call, output):
            scores = sample(output.detach()).clone()
            output.register_hook(self._hook(call, maker, sample, scores))

    def _hook(self, call: Call, maker: str | None, sample, scores: Tensor):
        observer = self._observer

        def arrived(slope: Tensor) -> None:
            back = observer.back
            if back is None or not observer.passes.counts:
                return
            observer.busy += 1
            try:
                slopes = sample(slope.detach()).clone()
            finally:
                observer.busy -= 1
            count, cut = slope.numel(), maker in call.cut_from
            back.pulls.append(
                Pull(call.player, maker, scores, slopes, call.place, count, cut)
            )

        return arrived


def _samples(call: Call, output: Tensor):
    """For each kind of row in a batch, how to pick some of its scores."""
    kinds: dict[str | None, list[int]] = {}
    if not call.mixed:
        maker = next(iter(sorted(call.made_by)), None)
        step = -(-output.numel() // MOST)
        yield maker, lambda t: t.reshape(-1)[::step]
        return
    for first, last, maker in call.rows:
        kinds.setdefault(maker, []).extend(range(first, last))
    for maker, rows in kinds.items():
        picked = [row for row in rows if row < output.shape[0]][:MOST]
        if picked:
            yield maker, lambda t, at=picked: t.reshape(t.shape[0], -1)[at, 0]
