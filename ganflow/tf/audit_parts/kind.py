"""The networks of TensorFlow and Keras, for whoever looks for players."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ganflow.loop_audit.variables import is_users
from ganflow.tf.load import keras, tf
from ganflow.tf.networks import VARIABLES, kept_in, variables_in

ITS_OWN = "optimizer"  # what compile() puts on a model: it steps the whole of it


class KerasKind:
    """Layers, modules, variables and optimizers; a `Kind`."""

    networks = (keras.Layer, tf.Module)
    tensors = (*VARIABLES, tf.Tensor, keras.KerasTensor)
    leaves = (keras.optimizers.Optimizer, tf.data.Dataset)

    def learns(self, tensor: Any) -> bool:
        """Whether it is a variable that is trainable, of floating-point numbers."""
        is_variable = isinstance(tensor, VARIABLES)
        if not is_variable or not tensor.trainable:
            return False
        return kept_in(tensor).dtype.is_floating

    def key(self, weight: Any) -> int:
        """The id of TensorFlow's own variable."""
        return id(kept_in(weight))

    def shape(self, weight: Any) -> tuple[int, ...]:
        """The shape of a variable."""
        return tuple(weight.shape)

    def weights(self, network: Any) -> dict[int, Any]:
        """All variables of a network that can learn, frozen or not."""
        return {id(weight): weight for _, weight in variables_in("", network)}

    def is_built(self, network: Any) -> bool:
        """False before the first call of a model that was given no shape."""
        return network.built if isinstance(network, keras.Layer) else True

    def children(self, network: Any) -> dict[str, Any]:
        """The layers right inside, by their attributes or by their own names."""
        names = {id(one): name for name, one in vars(network).items()}
        if isinstance(network, keras.Layer):
            inside = network._flatten_layers(include_self=False, recursive=False)
        else:
            inside = network._flatten(
                recursive=False, predicate=lambda one: isinstance(one, self.networks)
            )
        return {names.get(id(one), one.name): one for one in inside}

    def parts(self, network: Any) -> Iterable[Any]:
        """A network and all layers inside of it."""
        if isinstance(network, keras.Layer):
            return network._flatten_layers()
        return (network, *network.submodules)

    def attributes(
        self, network: Any, own: dict[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        """What the user has put on it; Keras' own begins with an underscore."""
        for name, one in own.items():
            if isinstance(one, self.networks):
                users = name != "_functional"
            else:
                users = not (name.startswith("_") or isinstance(one, self.tensors))
            if users:
                yield name, one

    def inside(self, network: Any) -> Any:
        """Itself: nothing wraps a model."""
        return network

    def trains(self, network: Any) -> bool:
        """Whether it has a train_step of its own, or optimizers beyond compile()'s."""
        step = getattr(type(network), "train_step", None)
        code = getattr(step, "__code__", None)
        return (code is not None and is_users(code.co_filename)) or any(
            isinstance(one, keras.optimizers.Optimizer) and name != ITS_OWN
            for name, one in vars(network).items()
        )

    def label(self, network: Any) -> str:
        """Its own name, if the user gave it; else that of a class of the user's."""
        kind = type(network)
        given = network.name
        number = re.compile(re.escape(_snake(kind.__name__)) + r"(_\d+)?")
        if kind.__module__.startswith(("keras.", "tensorflow.")):
            return "" if number.fullmatch(given) else given
        return kind.__name__

    def living(self) -> list[Any]:
        """Every network there is, whoever holds it; but no inner side of another."""
        found = [
            thing
            for thing in gc.get_objects()
            if issubclass(type(thing), self.networks)
            and not vars(thing).keys().isdisjoint(("name", "_name"))
        ]
        inner = {id(vars(one).get("_functional")) for one in found}
        return [one for one in found if id(one) not in inner]


def _snake(name: str) -> str:
    """As Keras makes a layer's name from its class."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
