"""Watch torch code run, then ask any tensor for its derivative trace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ganflow.records import DerivativeTrace, Watch
from ganflow.trace.calls import Source
from ganflow.trace.double_backward import nodes_behind
from ganflow.trace.graph import build
from ganflow.trace.networks import Given, Networks, all_given
from ganflow.trace.recorder import Recorder


def watch(
    *unnamed: object,
    **named: nn.Module
    | Tensor
    | list[nn.Module]
    | list[Tensor]
    | list[nn.Module | Tensor],
) -> WatchedBlock:
    """See a forward pass, so that `trace` can tell what a loss reaches and what is cut.

    `with watch(G=G, D=D, x_real=x_real, z=z) as seen:` watches all torch code in the
    block: functions, methods, `autograd.grad`. Other code runs as it would without.

    Parameters
    ----------
    *unnamed : object
        Refused, with an error that says so.
    **named : nn.Module, Tensor, or list of them
        A network; a player, which is a tensor that needs a gradient, or a list of
        networks and such tensors, where a layer's name begins with its network's place
        in the list; or a named input, which is a tensor that needs none.

    Returns
    -------
    WatchedBlock
        To be entered by `with`: `seen.trace(loss_D)` is a `DerivativeTrace`.

    Raises
    ------
    TypeError
        A value without a name, or of another kind.
    ValueError
        No name, two networks that share a parameter, a player with a history, a lazy
        network that was never called, one that is sharded over processes.

    Gradient: nothing is detached, frozen, computed or kept; values, random numbers,
    `.grad` and `requires_grad` are what they would be without the watch. Graphs die as
    they would; what the watch remembers of them is names and shapes. A trace is of the
    recorded graph: it counts as reached what lies behind a custom Function whose
    backward hands on None. Networks of `torch.compile` run uncompiled inside the block,
    since torch does not compile what is watched call by call.

    Some ways cannot be seen, and the trace says so: "not seen" is a value that left
    torch (NumPy, a list, a file, a number) before a tensor came in that no seen call
    made; what went into a call that cannot be watched; and the inside of a checkpoint
    with use_reentrant=True, which runs in one piece, with a backward pass of its own.
    What was made before the block counts as data. A number used as a number, other
    threads, and what TorchScript or a C++ extension makes without a gradient are not
    followed at all.
    """
    if unnamed:
        raise TypeError("name what you watch, as in watch(G=G, D=D, z=z)")
    given = all_given(named)
    return WatchedBlock(Networks(named, given), given)


class WatchedBlock(Watch[Tensor]):
    """A block of torch code that is watched while it runs. `watch` makes it.

    Parameters
    ----------
    networks : Networks
        The networks of the block.
    given : iterable of Given
        Their parameters, and the named inputs.
    """

    def __init__(self, networks: Networks, given: Iterable[Given]):
        self._networks = networks
        self._recorder = Recorder(networks, given)

    def __enter__(self) -> WatchedBlock:
        self._recorder.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._recorder.__exit__(*error)

    def trace(self, loss: Tensor) -> DerivativeTrace:
        """Follow the history of a loss: what backward walks, and what is cut off.

        Parameters
        ----------
        loss : Tensor of any shape
            Made in the watched block from something trainable: a loss most often, but
            any tensor with a history has a trace.

        Returns
        -------
        DerivativeTrace
            Its first node is the loss. A freed graph can be traced: it says what is
            freed.

        Raises
        ------
        TypeError
            `loss` is no tensor.
        ValueError
            It has no history, or one from before the watch began.

        Gradient: only looks; the graph stays as it is.
        """
        _check_tensor(loss)
        origins = self._recorder.origins
        with torch._C.DisableTorchFunction():
            if loss.grad_fn is None:
                raise ValueError(_no_history(loss, origins.sources([loss])))
            if origins.call_of(loss.grad_fn).before:
                raise ValueError(
                    f"this tensor of shape {tuple(loss.shape)} was made before the "
                    "watch began: compute it inside `with watch(...)`"
                )
            return build(
                loss, self._networks, origins, frozenset(self._recorder.called)
            )

    def saw(self, loss: Tensor) -> bool:
        """Say whether the watch was on while all of the history of a loss was made.

        Parameters
        ----------
        loss : Tensor of any shape
            A tensor without a history has none that could have been missed.

        Raises
        ------
        TypeError
            `loss` is no tensor.

        Gradient: only looks; the graph stays as it is.
        """
        _check_tensor(loss)
        origins = self._recorder.origins
        with torch._C.DisableTorchFunction():
            made = (n for n in nodes_behind(loss) if not hasattr(n, "variable"))
            return not any(origins.call_of(node).outside for node in made)


def _check_tensor(loss: object) -> None:
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"a trace starts at a tensor, and this is of type {type(loss).__name__}: "
            "pass the loss itself, not loss.item() or its name"
        )


def _no_history(loss: Tensor, sources: tuple[Source, ...]) -> str:
    """Why there is nothing to trace, and what to do."""
    what = f"this tensor of shape {tuple(loss.shape)}"
    if loss.requires_grad:
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
