"""Who is who: the networks and tensors that a watch was given by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from weakref import WeakKeyDictionary

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ganflow.trace.sharding import check_whole


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


def all_given(named: Mapping[str, object]) -> tuple[Given, ...]:
    """List every parameter and input that a watch was given, each under its name.

    Parameters
    ----------
    named : dict of name -> nn.Module, Tensor, or list of them
        As in `watch`.

    Raises
    ------
    TypeError
        A value of another kind.
    ValueError
        No name, two networks that share a parameter, a player with a history, a lazy
        network that was never called, one that is sharded over processes.
    """
    if not named:
        raise ValueError("nothing to watch: name it, as in watch(G=G, D=D, z=z)")
    owner: dict[int, Given] = {}
    found = tuple(g for name, value in named.items() for g in _given(name, value))
    for one in found:
        other = owner.setdefault(id(one.tensor), one)
        if other.network != one.network:
            whose = f"{other.network or other.name} and {one.network or one.name}"
            raise ValueError(
                f"{whose} share the parameter {other.name} of shape "
                f"{tuple(one.tensor.shape)}, so no one can say whose derivative "
                "it is: watch them as one network, or give each its own"
            )
    return found


class Networks:
    """The networks that a watch was given, with their layers and parameters.

    Modules are held weakly, tensors not at all.

    Parameters
    ----------
    named : dict of name -> nn.Module, Tensor, or list of them
        As in `watch`.
    given : sequence of Given
        What `all_given` found in them.

    Attributes
    ----------
    parameters : dict of name -> tuple of str
        The names of each network's parameters.
    """

    def __init__(self, named: Mapping[str, object], given: Iterable[Given]):
        self.parameters = {
            name: tuple(one.name for one in given if one.network == name)
            for name, value in named.items()
            if not _is_input(value)
        }
        self._places: WeakKeyDictionary[nn.Module, list[Place]] = WeakKeyDictionary()
        for name, value in named.items():
            for start, network in _networks_in(value):
                for path, module in network.named_modules(prefix=start):
                    place = Place(name, path or None)
                    self._places.setdefault(module, []).append(place)

    def buffers(self) -> Iterator[Tensor]:
        """What the networks keep besides their parameters: running statistics, say."""
        for module in self._places:
            yield from module.buffers(recurse=False)

    def place_of(self, module: nn.Module, within: str | None) -> Place | None:
        """Where `module` belongs; in network `within` if it is in several."""
        places = self._places.get(module, ())
        inside = [place for place in places if place.network == within]
        return (inside or list(places) or [None])[0]


def _is_input(value: object) -> bool:
    return isinstance(value, Tensor) and not value.requires_grad


def _networks_in(value: object) -> Iterator[tuple[str, nn.Module]]:
    """Each network of a player, and what its layers' names begin with: "" or "0"."""
    if isinstance(value, nn.Module):
        yield "", value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            if isinstance(item, nn.Module):
                yield str(i), item


def _given(name: str, value: object) -> Iterator[Given]:
    members = value if isinstance(value, (list, tuple)) else [value]
    kinds = (nn.Module, Tensor)
    check_whole("watch", name, (one for one in members if isinstance(one, kinds)))
    if isinstance(value, Tensor) and _is_input(value):
        yield Given(value, "input", None, name)
    else:
        for own, tensor in _parameters(name, value):
            yield Given(tensor, "parameter", name, own)


def _parameters(name: str, value: object) -> Iterator[tuple[str, Tensor]]:
    """The parameters of a network, or the tensors of a player, each once."""
    if isinstance(value, nn.Module):
        pairs = list(value.named_parameters())
    elif isinstance(value, (list, tuple)):
        if not value:
            raise ValueError(
                f"{name} is an empty list: give the networks or tensors that it learns"
            )
        pairs = []
        for i, item in enumerate(value):
            if isinstance(item, nn.Module):
                pairs += item.named_parameters(prefix=str(i))
            else:
                pairs.append((f"{name}[{i}]", item))
    else:
        pairs = [(name, value)]
    known: set[int] = set()
    for own, given in pairs:
        tensor = _learnable(name, own, given)
        if id(tensor) not in known:
            known.add(id(tensor))
            yield own, tensor


def _learnable(name: str, own: str, tensor: object) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise TypeError(
            f"{own} is of type {type(tensor).__name__}: watch takes networks "
            "(nn.Module), tensors, and lists of them"
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
    return tensor
