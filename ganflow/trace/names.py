"""Who is who: the networks and tensors that a watch was given by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


class Given(NamedTuple):
    """A tensor that the user named: its kind of leaf, whose it is, and its name."""

    tensor: Tensor
    kind: str
    network: str | None
    name: str


class Place(NamedTuple):
    """Where in which network a module runs, such as ("D", "main.2")."""

    network: str
    layer: str | None


class Names:
    """The networks, their parameters and the inputs that `watch` was given.

    Modules are held weakly, tensors not at all.
    """

    def __init__(self, named: Mapping[str, object]):
        if not named:
            raise ValueError("nothing to watch: name it, as in watch(G=G, D=D, z=z)")
        self.networks: dict[str, tuple[str, ...]] = {}
        self._places: WeakKeyDictionary[nn.Module, list[Place]] = WeakKeyDictionary()
        for name, value in named.items():
            if isinstance(value, nn.Module):
                for path, module in value.named_modules():
                    place = Place(name, path or None)
                    self._places.setdefault(module, []).append(place)
        self.given = tuple(self._check_shared(self._all_given(named)))

    def place_of(self, module: nn.Module, within: str | None) -> Place | None:
        """Where `module` belongs; in network `within` if it is in several."""
        places = self._places.get(module, ())
        inside = [place for place in places if place.network == within]
        return (inside or list(places) or [None])[0]

    def _all_given(self, named: Mapping[str, object]) -> Iterator[Given]:
        for name, value in named.items():
            if isinstance(value, Tensor) and not value.requires_grad:
                yield Given(value, "input", None, name)
                continue
            listed = dict(_parameters(name, value))
            self.networks[name] = tuple(listed)
            for own, tensor in listed.items():
                yield Given(tensor, "parameter", name, own)

    def _check_shared(self, given: Iterable[Given]) -> Iterator[Given]:
        owner: dict[int, Given] = {}
        for one in given:
            other = owner.setdefault(id(one.tensor), one)
            if other.network != one.network:
                whose = f"{other.network or other.name} and {one.network or one.name}"
                raise ValueError(
                    f"{whose} share the parameter {other.name} of shape "
                    f"{tuple(one.tensor.shape)}, so no one can say whose derivative "
                    "it is: watch them as one network, or give each its own"
                )
            yield one


def _parameters(name: str, value: object) -> Iterator[tuple[str, Tensor]]:
    """The parameters of a network, or the tensors of a player, each once."""
    if isinstance(value, nn.Module):
        pairs = list(value.named_parameters())
    elif isinstance(value, (list, tuple)):
        pairs = [(f"{name}[{i}]", item) for i, item in enumerate(value)]
        if not pairs:
            raise ValueError(
                f"{name} is an empty list: give the tensors that it learns"
            )
    else:
        pairs = [(name, value)]
    known: set[int] = set()
    for own, tensor in pairs:
        _check_learnable(name, own, tensor)
        if id(tensor) not in known:
            known.add(id(tensor))
            yield own, tensor


def _check_learnable(name: str, own: str, tensor: object) -> None:
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"{own} is of type {type(tensor).__name__}: watch takes networks "
            "(nn.Module), tensors, and lists of tensors"
        )
    if is_lazy(tensor):
        raise ValueError(
            f"{own} of {name} has no shape yet: call {name} once before the watch"
        )
    if tensor.grad_fn is not None:
        raise ValueError(
            f"{own} has a history already, made before the watch began: make it "
            "inside `with watch(...)`, and name the tensors it is made from"
        )
