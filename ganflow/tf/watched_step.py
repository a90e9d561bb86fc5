"""Watch a TensorFlow step as one graph, then ask it for derivative traces."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np

from ganflow.records import DerivativeTrace
from ganflow.records.flow_rules import Watch
from ganflow.tf.flow_table import Player, flow
from ganflow.tf.graph import read
from ganflow.tf.history import Ask, is_differentiable
from ganflow.tf.load import function_def_to_graph, tf
from ganflow.tf.networks import Leaf, Owners, is_module, tagged, variables_of

__all__ = ["Seen", "flow", "watch"]


def watch(step: Callable, /, *args, **networks: Player) -> Seen:
    """Build `step` as one graph and keep that graph, to be asked for traces.

    Parameters
    ----------
    step : function of `args` that returns a dict of name -> scalar tensor. It is
        traced, as by `tf.function`, and not run: no variable changes.
    args : tensors or arrays to trace it with; only their shapes and dtypes matter.
    networks : name -> Keras model or layer, tf.Module, or variables.

    Returns
    -------
    Seen : `seen.trace("loss_D")` is a `DerivativeTrace`.

    Raises
    ------
    TypeError : `step` returns no dict, or a network holds no variables.
    ValueError : a result with several elements, a network without variables, two
        networks with one variable.

    Gradient: none is computed. A graph shows what a tape around the whole step would
    follow. It does not show where your own tapes begin and end, nor
    `tape.stop_recording()`: what was computed under it looks like all the rest. A Keras
    variable with trainable=False counts as cut ("frozen parameter"): it leaves
    `trainable_variables`, although a tape asked for it by name would still answer.
    Nodes have an empty `saved` and the trace's `saved_bytes` is None: what a backward
    pass keeps is decided when the graph runs. Taught in book/01 and book/02.
    """
    if not networks:
        raise ValueError("no network: name at least one, as in watch(step, z, G=G)")
    plain = getattr(step, "python_function", step)
    args = [tf.convert_to_tensor(a) if isinstance(a, np.ndarray) else a for a in args]
    with tagged(networks, tf.name_scope):
        concrete = tf.function(plain).get_concrete_function(*args)
    return Seen(concrete, networks)


class Seen(Watch):
    """What `watch` saw: the graph of one step. Ask it for traces."""

    def __init__(self, concrete, networks: Mapping[str, Player]):
        self._losses = _checked(concrete.structured_outputs)
        self._graph = concrete.graph
        found = variables_of(networks)
        self._names = {
            network: tuple(leaf.name for leaf, _ in listed)
            for network, listed in found.items()
        }
        leaves = {id(v.handle): leaf for listed in found.values() for leaf, v in listed}
        for v in self._graph.variables:
            outside = Leaf(v.name, None, None, not v.trainable, tuple(v.shape))
            leaves.setdefault(id(v.handle), outside)
        self._leaves = {
            inside.op: leaves[id(handle)]
            for handle, inside in self._graph.captures
            if id(handle) in leaves
        }
        self._owners = Owners(networks)
        called = {leaf.network for leaf in self._leaves.values() if leaf.network}
        called |= {name for name, given in networks.items() if not is_module(given)}
        self._called = frozenset(called)
        self._bodies, self._passes, self._inputs = {}, {}, {}

    def trace(self, loss: str) -> DerivativeTrace:
        """Give the derivative trace of the result that `step` returned as `loss`.

        Raises
        ------
        ValueError : no such result, or it depends on no variable of a watched network.
        RuntimeError : its backward pass stops with an error, at `PreventGradient` say.
        """
        if loss not in self._losses:
            known = ", ".join(self._losses)
            raise ValueError(f"the step returned no {loss!r}; it returned {known}")
        ask = Ask(self._leaves.get, self._read, self._body, self._passing, self._owners)
        nodes, edges = read(self._losses[loss], self._graph, ask)
        if not any(node.kind == "parameter" for node in nodes):
            raise ValueError(
                f"{loss} has no history: it depends on no variable of "
                f"{', '.join(self._names)}"
            )
        return DerivativeTrace(
            0, nodes, edges, self._names, self._called, saved_known=False
        )

    def _read(self, op) -> tuple[tf.Tensor, ...]:
        """What an operation read when it was first met.

        Asking for the gradient of a loop adds inputs to it, in the graph itself.
        """
        return self._inputs.setdefault(op, tuple(op.inputs))

    def _body(self, call):
        """A copy of the graph that a nested function runs, with its ends."""
        if call not in self._bodies:
            definition = self._library[call.get_attr("f").name]
            with call.graph.as_default():
                shapes = [tensor.shape for tensor in call.inputs]
                graph = function_def_to_graph(definition, shapes)
            for node in definition.node_def:
                shapes = node.attr["_output_shapes"].list.shape
                outputs = graph.get_operation_by_name(node.name).outputs
                for tensor, shape in zip(outputs, shapes, strict=False):
                    tensor.set_shape(shape)
            self._bodies[call] = graph, graph.inputs, graph.outputs
        return self._bodies[call]

    @functools.cached_property
    def _library(self):
        functions = self._graph.as_graph_def(add_shapes=True).library.function
        return {function.signature.name: function for function in functions}

    def _passing(self, op, outputs: frozenset[int]) -> tuple[bool, ...]:
        if (op, outputs) not in self._passes:
            self._passes[op, outputs] = _gradients_of(op, self._read(op), outputs)
        return self._passes[op, outputs]


def _gradients_of(op, inputs, outputs: frozenset[int]) -> tuple[bool, ...]:
    """Through which inputs the operation's own gradient function hands a derivative."""
    arrived = [op.outputs[number] for number in sorted(outputs)]
    wanted = [tensor for tensor in inputs if is_differentiable(tensor)]
    with op.graph.as_default():
        zeros = [tf.zeros_like(tensor) for tensor in arrived]
        try:
            found = tf.gradients(arrived, wanted, zeros, stop_gradients=wanted)
        except LookupError as error:
            raise RuntimeError(
                f"the backward pass stops with an error at {op.name}, "
                f"a {op.type}: {error}"
            ) from error
    passing = {
        id(t) for t, slope in zip(wanted, found, strict=True) if slope is not None
    }
    return tuple(id(tensor) in passing for tensor in inputs)


def _checked(results) -> dict[str, tf.Tensor]:
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
