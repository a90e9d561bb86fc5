"""What networks and weights are in a framework, for whoever looks for players."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol


class Kind(Protocol):
    """The networks of one framework; nothing of the user's is called.

    Attributes
    ----------
    networks : tuple of type
        The classes of its networks.
    tensors : tuple of type
        Those of its tensors and variables, into which nobody looks.
    leaves : tuple of type
        Other classes into which nobody looks: its optimizers.
    """

    networks: tuple[type, ...]
    tensors: tuple[type, ...]
    leaves: tuple[type, ...]

    def learns(self, tensor: Any) -> bool:
        """Whether a tensor is a weight that wants a derivative."""
        ...

    def key(self, weight: Any) -> int:
        """What stays the same of a weight, however it is wrapped."""
        ...

    def shape(self, weight: Any) -> tuple[int, ...]:
        """The shape of a weight."""
        ...

    def weights(self, network: Any) -> dict[int, Any]:
        """All weights of a network and its parts by their keys, frozen or not."""
        ...

    def is_built(self, network: Any) -> bool:
        """Whether a network has its weights already."""
        ...

    def children(self, network: Any) -> dict[str, Any]:
        """The networks right inside of a network, by their names in it."""
        ...

    def parts(self, network: Any) -> Iterable[Any]:
        """A network and all networks inside of it."""
        ...

    def attributes(
        self, network: Any, own: dict[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        """What of a network's attributes is the user's."""
        ...

    def inside(self, network: Any) -> Any:
        """The network in a wrapper of the framework's."""
        ...

    def trains(self, network: Any) -> bool:
        """Whether a network holds optimizers for its parts: it is no player."""
        ...

    def label(self, network: Any) -> str:
        """The name of its class or its own, if the user gave it; else ""."""
        ...

    def living(self) -> list[Any]:
        """Every network there is, whoever holds it."""
        ...
