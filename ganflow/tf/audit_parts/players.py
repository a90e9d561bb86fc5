"""Who is who: the variables and layers of each player."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ganflow.tf.load import keras, tf
from ganflow.tf.networks import VARIABLES, kept_in, layers_of, variables_in


def members_of(name: str, given: Any) -> list[Any]:
    """Read one role of `audit`: a network, a variable, or several.

    Parameters
    ----------
    name : str
        The role.
    given : keras.Layer, tf.Module, variable, or iterable of them
        What plays it.

    Returns
    -------
    list
        At least one.

    Raises
    ------
    TypeError
        Anything else.
    ValueError
        Nothing in it, or nothing that could learn.
    """
    one = isinstance(given, (keras.Layer, tf.Module, *VARIABLES))
    several = isinstance(given, Iterable) and not isinstance(given, (str, dict))
    members = [given] if one or not several else list(given)
    for member in members:
        if not isinstance(member, (keras.Layer, tf.Module, *VARIABLES)):
            raise TypeError(
                f"{name} is to be a Keras model, a tf.Module, a variable, or a list of "
                f"them, and holds a {type(member).__name__}: pass what learns, as in "
                "audit(G=G, D=D)"
            )
    waits = any(isinstance(m, keras.Layer) and not m.built for m in members)
    if not waits and not any(_weights(name, m) for m in members):
        raise ValueError(f"{name} has no weights: nothing of it could ever move")
    return members


class Players:
    """The players of a loop, their variables by handle, and their layers.

    Networks that are not built yet get their weights in at their first call.
    """

    def __init__(self):
        self.members: dict[str, list[Any]] = {}
        self.weights: dict[int, tuple[str, Any]] = {}  # id of handle -> whose, variable
        self.statistics: dict[int, tuple[str, Any]] = {}
        self._own: dict[str, list[Any]] = {}
        self.of_layer: dict[int, str] = {}
        self.roots: set[int] = set()
        self.norms: set[int] = set()  # handles of the moving averages of batch norms

    def add(self, name: str, members: Iterable[Any]) -> None:
        """Let a player in; a weight that is another's already stays the other's."""
        self.members[name] = list(members)
        self.refresh(name)

    def refresh(self, name: str) -> None:
        """Look again for the variables and layers of a player."""
        self._own.pop(name, None)
        for member in self.members[name]:
            for variable in _weights(name, member):
                self.weights.setdefault(id(variable.handle), (name, variable))
            self.roots.add(id(member))
            if isinstance(member, keras.Layer):
                self._refresh_layers(name, member)
            elif isinstance(member, tf.Module):
                for module in (member, *member.submodules):
                    self.of_layer.setdefault(id(module), name)

    def _refresh_layers(self, name: str, network: Any) -> None:
        for variable in map(kept_in, network.variables):
            handle = variable.handle
            if id(handle) not in self.weights:
                self.statistics.setdefault(id(handle), (name, variable))
        for layer, _, _ in layers_of({name: network}):
            self.of_layer.setdefault(id(layer), name)
            if isinstance(layer, keras.layers.BatchNormalization) and layer.built:
                moving = (layer.moving_mean, layer.moving_variance)
                self.norms.update(id(kept_in(variable).handle) for variable in moving)

    def weight(self, handle: Any) -> str | None:
        """Whose weight a variable is, by its handle."""
        known = self.weights.get(id(handle))
        return known[0] if known is not None and known[1].handle is handle else None

    def moving(self, handle: Any) -> str | None:
        """Whose moving average, or other state, a variable is."""
        known = self.statistics.get(id(handle))
        return known[0] if known is not None and known[1].handle is handle else None

    def everybody(self) -> list[Any]:
        """The members of all players."""
        return [member for members in self.members.values() for member in members]

    def of(self, name: str) -> list[Any]:
        """The weights of a player."""
        if name not in self._own:
            found = self.weights.values()
            self._own[name] = [variable for who, variable in found if who == name]
        return self._own[name]

    def sizes(self) -> dict[str, int]:
        """How many weights each player has."""
        return {name: len(self.of(name)) for name in self.members}

    def calls(self, name: str) -> bool:
        """Whether a player has networks whose calls are seen."""
        return any(isinstance(m, tf.Module | keras.Layer) for m in self.members[name])

    def trainable(self, name: str) -> bool:
        """Whether any weight of the player may learn."""
        return any(
            bool(member.trainable_variables)
            if isinstance(member, (keras.Layer, tf.Module))
            else member.trainable
            for member in self.members[name]
        )

    def has_statistics(self, name: str) -> bool:
        """Whether a network of the player keeps running means of its batches."""
        return any(
            isinstance(layer, keras.layers.BatchNormalization)
            for member in self.members[name]
            if isinstance(member, keras.Layer)
            for layer, _, _ in layers_of({name: member})
        )


def _weights(name: str, member: Any) -> list[Any]:
    return [variable for _, variable in variables_in(name, member)]
