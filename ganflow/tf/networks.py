"""Names for what a Keras model or a list of variables holds, and for who made what.

Nothing here imports TensorFlow or Keras: `from_tf` hands their objects in.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ganflow.records.flow_rules import check_dict

TAG = re.compile(r"ganflow\.(\d+)\.")


@dataclass(frozen=True)
class Leaf:
    """A variable that a graph reads: its name, its network and layer, if frozen."""

    name: str
    network: str | None
    layer: str | None
    frozen: bool
    shape: tuple[int, ...]


def variables_of(networks: Mapping[str, Any]) -> dict[str, list[tuple[Leaf, Any]]]:
    """List each network's variables that can learn, frozen or not, under their names.

    A batch norm's moving averages, which a Keras layer never lists as trainable, are
    not among them.

    Raises
    ------
    TypeError : no dict, or a network that holds something else than variables.
    ValueError : no network, one without variables, a variable in two networks.
    """
    check_dict("players", networks, '{"G": G, "D": D}')
    if not networks:
        raise ValueError("no network: name at least one, such as G=G")
    found, owner = {}, {}
    for network, given in networks.items():
        found[network] = list(_variables(network, given))
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


def _variables(network: str, given) -> Iterator[tuple[Leaf, Any]]:
    names, known = Counter(), set()
    for label, layer, variable in _labelled(network, given):
        kept = variable if hasattr(variable, "handle") else variable.value
        if id(kept) not in known:
            known.add(id(kept))
            names[label] += 1
            name = label if names[label] == 1 else f"{label}_{names[label]}"
            frozen = not variable.trainable
            yield Leaf(name, network, layer, frozen, tuple(kept.shape)), kept


def _labelled(network: str, given) -> Iterator[tuple[str, str | None, Any]]:
    if is_layer(given):
        for layer, _, path in layers_of({network: given}):
            for variable in layer._trainable_variables:
                yield (
                    ".".join(filter(None, [path, variable.name])),
                    path,
                    variable,
                )
        return
    given = getattr(given, "variables", given)
    is_list = isinstance(given, Iterable) and not _is_variable(given)
    for variable in given if is_list else [given]:
        if not _is_variable(variable):
            raise TypeError(
                f"{network} is to be a Keras model, a tf.Module or variables, and "
                f"holds a {type(variable).__name__}"
            )
        yield variable.name.removesuffix(":0"), None, variable


def is_layer(given) -> bool:
    """Whether this is a Keras layer or model."""
    return hasattr(given, "_flatten_layers")


def is_module(given) -> bool:
    """Whether this is a network that can be called, not a list of variables."""
    return is_layer(given) or hasattr(given, "submodules")


def _is_variable(given) -> bool:
    """A tf.Variable has a handle, a Keras variable wraps one; both can be frozen."""
    return hasattr(given, "trainable") and hasattr(given, "assign")


def layers_of(networks: Mapping[str, Any]) -> Iterator[tuple[Any, str, str | None]]:
    """Every Keras layer inside the networks, with the network's name and its path."""
    for network, given in networks.items():
        todo, known = [(given, None)] if is_layer(given) else [], set()
        while todo:
            layer, path = todo.pop(0)
            if id(layer) not in known:
                known.add(id(layer))
                yield layer, network, path
                inside = layer._flatten_layers(include_self=False, recursive=False)
                todo += [(s, f"{path}.{s.name}" if path else s.name) for s in inside]


@contextlib.contextmanager
def tagged(networks: Mapping[str, Any], name_scope: Callable) -> Iterator[None]:
    """While inside, an operation's name tells which layer's `call` made it."""
    layers = {id(layer): layer for layer, _, _ in layers_of(networks)}.values()
    own = [{k: v for k, v in vars(layer).items() if k == "call"} for layer in layers]
    for layer in layers:
        vars(layer)["call"] = _with_tag(layer, name_scope)
    try:
        yield
    finally:
        for layer, before in zip(layers, own, strict=True):
            del vars(layer)["call"]
            vars(layer).update(before)


def _with_tag(layer, name_scope: Callable) -> Callable:
    call = layer.call

    @functools.wraps(call)
    def with_tag(*args, **kwargs):
        with name_scope(f"ganflow.{id(layer)}."):
            return call(*args, **kwargs)

    return with_tag


class Owners:
    """Tells from an operation's name which network and layer it ran in.

    A function that was traced before the watch began has no tags; there the scopes that
    Keras writes tell, unless two networks could have written them.
    """

    def __init__(self, networks: Mapping[str, Any]):
        self._tags = {
            id(layer): (name, path) for layer, name, path in layers_of(networks)
        }
        self._layers = {
            (name, path.split(".")[-1]): path
            for _, name, path in layers_of(networks)
            if path
        }
        self._scopes = {
            name: re.compile(re.escape(given.name) + r"(_\d+)?")
            for name, given in networks.items()
            if is_layer(given)
        }

    def __call__(self, op) -> tuple[str | None, str | None] | None:
        tags = [int(tag) for tag in reversed(TAG.findall(op.name))]
        known = (self._tags[tag] for tag in tags if tag in self._tags)
        return next(known, None) or self._by_scope(op.name.split("/"))

    def _by_scope(self, scopes: list[str]) -> tuple[str, str | None] | None:
        for number, scope in enumerate(scopes):
            found = [
                name for name, mine in self._scopes.items() if mine.fullmatch(scope)
            ]
            if len(found) == 1:
                paths = (self._path(found[0], inner) for inner in scopes[number + 1 :])
                return found[0], next(filter(None, paths), None)
        return None

    def _path(self, network: str, scope: str) -> str | None:
        shorter = re.sub(r"_\d+$", "", scope)
        return self._layers.get((network, scope)) or self._layers.get(
            (network, shorter)
        )
