"""Which variables and which layers a Keras model or a list of variables holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ganflow.records.checks import check_dict
from ganflow.tf.load import keras, tf

Player: TypeAlias = "keras.Layer | tf.Module | tf.Variable | Iterable[tf.Variable]"
VARIABLES = (tf.Variable, keras.Variable)  # the second wraps one of the first


@dataclass(frozen=True)
class Leaf:
    """A variable that a step reads.

    Parameters
    ----------
    name : str
        Its own, within its network.
    network : str or None
        Whose it is; None for one of no watched network.
    layer : str or None
        The path of its layer, such as "encoder.dense".
    frozen : bool
        Whether it is not trainable.
    shape : tuple of int
        Its shape.
    """

    name: str
    network: str | None
    layer: str | None
    frozen: bool
    shape: tuple[int, ...]


def variables_of(
    networks: Mapping[str, Player],
) -> dict[str, list[tuple[Leaf, tf.Variable]]]:
    """List each network's variables that can learn, frozen or not, under their names.

    A batch norm's moving averages, which a Keras layer never lists as trainable, are
    not among them.

    Parameters
    ----------
    networks : dict of name -> Keras model or layer, tf.Module, or variables
        No variable in two networks.

    Raises
    ------
    TypeError
        No dict, or a network that holds something else than variables.
    ValueError
        No network, one without variables, a variable in two networks.
    """
    check_dict("players", networks, '{"G": G, "D": D}')
    if not networks:
        raise ValueError('no players: pass a dict such as {"G": G, "D": D}')
    found, owner = {}, {}
    for network, given in networks.items():
        found[network] = list(variables_in(network, given))
        if not found[network]:
            raise ValueError(
                f"{network} has no variables yet: call it once to build it"
            )
        for leaf, variable in found[network]:
            if owner.setdefault(id(variable), network) != network:
                raise ValueError(
                    f"{owner[id(variable)]} and {network} share the variable "
                    f"{leaf.name}: give it to one of them"
                )
    return found


def kept_in(variable: Any) -> Any:
    """TensorFlow's own variable, which Keras' wraps; `value` casts under autocast."""
    return variable._value if isinstance(variable, keras.Variable) else variable


def variables_in(network: str, given: Any) -> Iterator[tuple[Leaf, tf.Variable]]:
    """List one network's variables that can learn; none of one that is not built.

    Parameters
    ----------
    network : str
        Its name, for the error.
    given : Keras model or layer, tf.Module, or variables
        What it is.

    Raises
    ------
    TypeError
        It holds something else than variables.
    """
    names, known = Counter(), set()
    for label, layer, variable in _labelled(network, given):
        kept = kept_in(variable)
        if id(kept) not in known:
            known.add(id(kept))
            names[label] += 1
            name = label if names[label] == 1 else f"{label}_{names[label]}"
            frozen = not variable.trainable
            yield Leaf(name, network, layer, frozen, tuple(kept.shape)), kept


def _labelled(network: str, given: Any) -> Iterator[tuple[str, str | None, Any]]:
    if isinstance(given, keras.Layer):
        for layer, _, path in layers_of({network: given}):
            for variable in layer._trainable_variables:
                name = ".".join(filter(None, [path, variable.name]))
                yield name, path, variable
        return
    given = getattr(given, "variables", given)
    is_one = isinstance(given, VARIABLES) or not isinstance(given, Iterable)
    for variable in [given] if is_one else given:
        if not isinstance(variable, VARIABLES):
            raise TypeError(
                f"{network} is to be a Keras model, a tf.Module or variables, and "
                f"holds a {type(variable).__name__}"
            )
        yield variable.name.removesuffix(":0"), None, variable


def layers_of(networks: Mapping[str, Player]) -> Iterator[tuple[Any, str, str | None]]:
    """Every Keras layer inside the networks, with the network's name and its path."""
    for network, given in networks.items():
        todo, known = [(given, None)] if isinstance(given, keras.Layer) else [], set()
        while todo:
            layer, path = todo.pop(0)
            if id(layer) not in known:
                known.add(id(layer))
                yield layer, network, path
                inside = layer._flatten_layers(include_self=False, recursive=False)
                todo += [(s, f"{path}.{s.name}" if path else s.name) for s in inside]
