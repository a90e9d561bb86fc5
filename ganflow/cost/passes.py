"""Count passes by hooks: every call of G and D, and what backward sends through it."""

from __future__ import annotations

from collections import Counter
from functools import partial

from torch import Tensor, nn

from ganflow.schedule import Passes


class PassCounter:
    """While entered: the samples that go through G and D, in each direction.

    A backward pass ends at a network's weights when a parameter's derivative is worked
    out in one of its calls, and at its input when the input's is. Each is seen where it
    happens, in the graph of that call: two calls summed by one backward count as two.

    Parameters
    ----------
    G : nn.Module
        The generator.
    D : nn.Module
        The critic.

    Gradient: the hooks read what backward computes and change none of it.
    """

    def __init__(self, G: nn.Module, D: nn.Module):
        self._nets = {"G": G, "D": D}
        self._samples = Counter()  # by what was done, in samples
        self._weights = {"G": Counter(), "D": Counter()}  # by parameter, in samples

    def __enter__(self) -> PassCounter:
        self._handles = []
        for name, net in self._nets.items():
            self._handles += [
                net.register_forward_pre_hook(partial(self._before, name)),
                net.register_forward_hook(partial(self._after, name)),
            ]
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def passes(self, batch: int) -> Passes:
        """What was counted, in batches of so many samples."""

        def batches(samples: int) -> float:
            return samples / batch if samples % batch else samples // batch

        most = {name: max(c.values(), default=0) for name, c in self._weights.items()}
        return Passes(
            G_forward=batches(self._samples["G forward"]),
            D_forward=batches(self._samples["D forward"]),
            D_weights=batches(most["D"]),
            D_input=batches(self._samples["D input"]),
            G_backward=batches(most["G"]),
        )

    def _before(self, name: str, net: nn.Module, args: tuple) -> tuple:
        """Give this call an input of its own, and see when its derivative comes."""
        x, *rest = args
        self._samples[f"{name} forward"] += len(x)
        if x.requires_grad:
            x = x.view_as(x)
        if x.requires_grad:  # not so under no_grad
            x.register_hook(partial(self._arrived, f"{name} input", len(x)))
        return (x, *rest)

    def _arrived(self, what: str, samples: int, slope: Tensor) -> None:
        self._samples[what] += samples

    def _after(self, name: str, net: nn.Module, args: tuple, output: Tensor) -> None:
        """Hook every node of this call's graph that reads a parameter."""
        ours = {id(p) for p in net.parameters()}
        todo, seen = [output.grad_fn], {args[0].grad_fn}
        while todo:
            node = todo.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            edges = [after for after, _ in node.next_functions]
            leaves = [id(getattr(after, "variable", None)) for after in edges]
            reads = {k: leaf for k, leaf in enumerate(leaves) if leaf in ours}
            if reads:
                node.register_hook(partial(self._worked, name, reads, len(args[0])))
            todo += edges

    def _worked(
        self, name: str, reads: dict[int, int], samples: int, slopes: tuple, _: tuple
    ) -> None:
        for place, parameter in reads.items():
            if slopes[place] is not None:
                self._weights[name][parameter] += samples
