"""Watch torch code run, then ask any tensor for its derivative trace."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganflow.records import DerivativeTrace
from ganflow.records.flow_rules import Watch
from ganflow.trace.calls import Source
from ganflow.trace.double_backward import nodes_behind
from ganflow.trace.graph import build
from ganflow.trace.networks import Networks, all_given
from ganflow.trace.recorder import Recorder


class watch(Watch):
    """See a forward pass, so that `trace` can tell what a loss reaches and what is cut.

    `with watch(G=G, D=D, x_real=x_real, z=z) as seen:` watches all torch code in the
    block: functions, methods, `autograd.grad`. Other code runs as it would without.

    Parameters
    ----------
    named : name -> nn.Module (a network), Tensor or list of Tensors that need a
        gradient (a player), or a Tensor that needs none (a named input).

    Raises
    ------
    TypeError : a value without a name, or of another kind.
    ValueError : no name, two networks that share a parameter, a player with a history,
        a lazy network that was never called.

    Gradient: nothing is detached, frozen, computed or kept; values, random numbers,
    `.grad` and `requires_grad` are what they would be without the watch. Graphs die as
    they would; what the watch remembers of them is names and shapes. A trace is of the
    recorded graph: it counts as reached what lies behind a custom Function whose
    backward hands on None, and as cut by no_grad what a checkpoint with
    use_reentrant=True records only during backward. Taught in book/01.
    """

    def __init__(self, /, *unnamed, **named: nn.Module | Tensor | list[Tensor]):
        if unnamed:
            raise TypeError("name what you watch, as in watch(G=G, D=D, z=z)")
        given = all_given(named)
        self._networks = Networks(named, given)
        self._recorder = Recorder(self._networks, given)

    def __enter__(self) -> watch:
        self._recorder.__enter__()
        return self

    def __exit__(self, *error) -> None:
        self._recorder.__exit__(*error)

    def trace(self, root: Tensor) -> DerivativeTrace:
        """Follow the history of `root`: what backward walks, and what is cut off.

        Parameters
        ----------
        root : Tensor of any shape, made in the watched block from something trainable.

        Returns
        -------
        DerivativeTrace. A freed graph can be traced: it says what is freed.

        Raises
        ------
        TypeError : `root` is no tensor.
        ValueError : it has no history, or one from before the watch began.

        Gradient: only looks; the graph stays as it is. Taught in book/01.
        """
        origins = self._recorder.origins
        if not isinstance(root, Tensor):
            raise TypeError(
                "a trace starts at a tensor, and this is of type "
                f"{type(root).__name__}: pass the loss itself, not loss.item() or its "
                "name"
            )
        with torch._C.DisableTorchFunction():
            if root.grad_fn is None:
                raise ValueError(_no_history(root, origins.sources([root])))
            if origins.call_of(root.grad_fn).before:
                raise ValueError(
                    f"this tensor of shape {tuple(root.shape)} was made before the "
                    "watch began: compute it inside `with watch(...)`"
                )
            return build(
                root, self._networks, origins, frozenset(self._recorder.called)
            )

    def saw(self, root: Tensor) -> bool:
        """Whether the watch was on while all of the history of `root` was made.

        Gradient: only looks; the graph stays as it is.
        """
        origins = self._recorder.origins
        with torch._C.DisableTorchFunction():
            return not any(origins.call_of(n).outside for n in nodes_behind(root))


def _no_history(root: Tensor, sources: tuple[Source, ...]) -> str:
    """Why there is nothing to trace, and what to do."""
    what = f"this tensor of shape {tuple(root.shape)}"
    if root.requires_grad:
        return f"{what} is a leaf, where a history begins: trace what is made from it"
    reasons = sorted({reason for s in sources for reason in _reasons(s)})
    if reasons:
        return (
            f"{what} has no history, cut by {', '.join(reasons)}: trace a tensor that "
            "backward() can start from"
        )
    return (
        f"{what} has no history, since nothing it was made from needs a gradient: make "
        "it inside `with watch(...)` from something with requires_grad=True"
    )


def _reasons(source: Source) -> set[str]:
    if source.reason:
        return {source.reason}
    return {reason for s in source.call.sources for reason in _reasons(s)}
