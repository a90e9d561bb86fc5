"""Watch a TensorFlow step as one graph, then ask it for derivative traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ganflow.records import DerivativeTrace, Watch
from ganflow.tf.graph import build
from ganflow.tf.load import tf
from ganflow.tf.networks import Player
from ganflow.tf.owners import tagged
from ganflow.tf.step_graph import StepGraph


def watch(
    step: Callable[..., Mapping[str, Any]], /, *args: Any, **networks: Player
) -> WatchedStep:
    """Build `step` as one graph and keep that graph, to be asked for traces.

    Parameters
    ----------
    step : callable, of `args`, -> dict of name -> tensor with one element
        It is traced, as by `tf.function`, and not run: no variable changes.
    *args : tensors or arrays
        What to trace it with; only their shapes and dtypes matter.
    **networks : Keras model or layer, tf.Module, tf.Variable, or tf.Variables
        The players of the step.

    Returns
    -------
    WatchedStep
        `seen.trace("loss_D")` is a `DerivativeTrace`.

    Raises
    ------
    TypeError
        `step` returns no dict, or a network holds no variables.
    ValueError
        No network, a result with several elements, a network without variables, two
        networks with one variable.

    Gradient: none is computed. A graph shows what a tape around the whole step would
    follow. It does not show where your own tapes begin and end, nor
    `tape.stop_recording()`: what was computed under it looks like all the rest. A Keras
    variable with trainable=False counts as cut ("frozen parameter"): it leaves
    `trainable_variables`, although a tape asked for it by name would still answer.
    Nodes have an empty `saved` and the trace's `saved_bytes` is None: what a backward
    pass keeps is decided when the graph runs.
    """
    if not networks:
        raise ValueError("no network: name at least one, as in watch(step, z, G=G)")
    plain = getattr(step, "python_function", step)
    given = [tf.convert_to_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    with tagged(networks):
        concrete = tf.function(plain).get_concrete_function(*given)
    losses = _checked(concrete.structured_outputs)
    return WatchedStep(losses, StepGraph(concrete.graph, networks))


class WatchedStep(Watch[str]):
    """A TensorFlow step, watched as a graph. `watch` makes it.

    Parameters
    ----------
    losses : dict of name -> tensor of the graph
        What the step returned.
    graph : StepGraph
        The graph of the step.
    """

    def __init__(self, losses: Mapping[str, Any], graph: StepGraph):
        self._losses = losses
        self._graph = graph

    def trace(self, loss: str) -> DerivativeTrace:
        """Follow the history of a loss: what backward walks, and what is cut off.

        Parameters
        ----------
        loss : str
            The name under which the step returned it.

        Returns
        -------
        DerivativeTrace
            Its first node is the loss.

        Raises
        ------
        TypeError
            `loss` is no name.
        ValueError
            The step returned no such result, or it depends on no variable of a watched
            network.
        RuntimeError
            Its backward pass stops with an error, at `PreventGradient` say.

        Gradient: none is computed.
        """
        if not self.saw(loss):
            known = ", ".join(self._losses)
            raise ValueError(f"the step returned no {loss!r}; it returned {known}")
        trace = build(self._losses[loss], self._graph)
        if not any(node.kind == "parameter" for node in trace.nodes):
            raise ValueError(
                f"{loss} has no history: it depends on no variable of "
                f"{', '.join(trace.networks)}"
            )
        return trace

    def saw(self, loss: str) -> bool:
        """Say whether the watch was on while all of the history of a loss was made.

        Parameters
        ----------
        loss : str
            The name of a result. A graph holds all of what the step returned, and
            nothing of what it did not.

        Raises
        ------
        TypeError
            `loss` is no name.
        """
        if not isinstance(loss, str):
            raise TypeError(
                "a trace starts at a result of the watched step, and this is of type "
                f"{type(loss).__name__}: pass the name under which the step returned it"
            )
        return loss in self._losses


def _checked(results: Any) -> dict[str, Any]:
    if not isinstance(results, dict) or not results:
        raise TypeError(
            f"the step is to return a dict of name -> loss, and returned {results!r}"
        )
    for name, value in results.items():
        if not isinstance(value, tf.Tensor) or value.shape.num_elements() != 1:
            raise ValueError(
                f"{name} is to be a tensor with one element, and is {value!r}: take "
                "its tf.reduce_mean first"
            )
    return results
