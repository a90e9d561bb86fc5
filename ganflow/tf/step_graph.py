"""One step as TensorFlow's graph, and the questions that only TensorFlow can answer."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from ganflow.tf.load import function_def_to_graph, keras, tf
from ganflow.tf.networks import Leaf, Player, variables_of
from ganflow.tf.owners import Owners


class StepGraph:
    """The graph of a step, and who is who in it.

    Parameters
    ----------
    graph : tf.Graph
        What `tf.function` built of the step.
    networks : dict of name -> Keras model or layer, tf.Module, or variables
        Whose variables the step reads.

    Attributes
    ----------
    graph : tf.Graph
        The same graph.
    networks : dict of name -> tuple of str
        The names of each network's variables.
    called : frozenset of str
        The networks whose variables the step reads, and all lists of variables.
    """

    def __init__(self, graph: Any, networks: Mapping[str, Player]):
        self.graph = graph
        found = variables_of(networks)
        self.networks = {
            network: tuple(leaf.name for leaf, _ in listed)
            for network, listed in found.items()
        }
        leaves = {id(v.handle): leaf for listed in found.values() for leaf, v in listed}
        for v in graph.variables:
            outside = Leaf(v.name, None, None, not v.trainable, tuple(v.shape))
            leaves.setdefault(id(v.handle), outside)
        self._leaves = {
            inside.op: leaves[id(handle)]
            for handle, inside in graph.captures
            if id(handle) in leaves
        }
        called = {leaf.network for leaf in self._leaves.values() if leaf.network}
        modules = (keras.Layer, tf.Module)
        called |= {n for n, given in networks.items() if not isinstance(given, modules)}
        self.called = frozenset(called)
        self._owners = Owners(networks)
        self._bodies, self._passes, self._inputs = {}, {}, {}

    def leaf(self, placeholder: Any) -> Leaf | None:
        """The variable that a placeholder stands for; None for an argument, say."""
        return self._leaves.get(placeholder)

    def owner(self, op: Any) -> tuple[str | None, str | None] | None:
        """The network and layer an operation ran in; None if its name does not tell."""
        return self._owners(op)

    def inputs(self, op: Any) -> tuple[Any, ...]:
        """The tensors that an operation read when it was first met.

        Asking for the gradient of a loop adds inputs to it, in the graph itself.
        """
        return self._inputs.setdefault(op, tuple(op.inputs))

    def body(self, call: Any) -> tuple[list[Any], list[Any]]:
        """The inputs and outputs of a copy of the graph that a nested function runs."""
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
            self._bodies[call] = graph  # its tensors do not keep it alive
        graph = self._bodies[call]
        return graph.inputs, graph.outputs

    def passes(self, op: Any, outputs: frozenset[int]) -> tuple[bool, ...]:
        """Through which inputs an operation hands on what arrives at some outputs.

        Raises
        ------
        RuntimeError
            The operation's gradient function raises, as that of `PreventGradient` does.
        """
        if (op, outputs) not in self._passes:
            self._passes[op, outputs] = _gradients_of(op, self.inputs(op), outputs)
        return self._passes[op, outputs]

    @functools.cached_property
    def _library(self) -> dict[str, Any]:
        functions = self.graph.as_graph_def(add_shapes=True).library.function
        return {function.signature.name: function for function in functions}


def is_differentiable(tensor: Any) -> bool:
    """Whether a tape follows tensors of this kind: fractions, handles of variables."""
    kind = tensor.dtype
    return kind.is_floating or kind.is_complex or kind.name in ("resource", "variant")


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
