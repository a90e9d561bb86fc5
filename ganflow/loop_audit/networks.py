"""The networks that optimizers step, and those that they do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganflow.loop_audit.kinds import Kind
from ganflow.loop_audit.variables import Variable, is_copy, is_generic, role_of

Named = tuple[Any, Variable]  # a network or a weight, and what holds it


@dataclass(frozen=True, eq=False)
class Network:
    """A network that might play, or weights that no module holds.

    Parameters
    ----------
    kind : Kind
        What networks are in its framework.
    module : network or None
        The outermost that holds these weights.
    weights : dict of key -> weight
        Those that want a derivative or that an optimizer holds.
    name : str
        By the variable that holds it, else by its class; "" if nothing names it.
    bound : bool
        A variable leads to it now.
    stepped_by : frozenset of int
        The numbers of the optimizers that hold its weights, or some of them.
    instead_of : str
        The name of the earlier network that an optimizer holds in its place.
    """

    kind: Kind
    module: Any
    weights: dict[int, Any]
    name: str = ""
    bound: bool = False
    stepped_by: frozenset[int] = frozenset()
    instead_of: str = ""

    @property
    def role(self) -> str:
        """The role "G" or "D", by its name or its class; "" if neither says one."""
        if self.module is None:
            return role_of(self.name)
        return role_of(self.name) or role_of(self.kind.label(self.module))

    @property
    def members(self) -> list[Any]:
        """What to watch."""
        if self.module is None:
            return list(self.weights.values())
        return [self.kind.inside(self.module)]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of its weights, in order."""
        return [self.kind.shape(weight) for weight in self.weights.values()]


class Networks:
    """The networks of a script, from its optimizers, networks and variables.

    Parameters
    ----------
    kind : Kind
        What networks are in the script's framework.
    optimizers : sequence of sequence of weights
        What each holds, in the order in which they were made.
    named : sequence of (network or weight, Variable)
        What the variables hold now.
    early : sequence of (network, Variable)
        What they held when the optimizers were made: a name from there is better than
        none.
    """

    def __init__(
        self,
        kind: Kind,
        optimizers: Sequence[Sequence[Any]],
        named: Sequence[Named],
        early: Sequence[Named] = (),
    ):
        self.kind = kind
        self.held: dict[int, set[int]] = {}
        self._tensors: dict[int, Any] = {}
        for number, weights in enumerate(optimizers):
            for weight in weights:
                self._tensors[kind.key(weight)] = weight
                self.held.setdefault(kind.key(weight), set()).add(number)
        self.count = len(optimizers)
        self._places = {key: place for place, key in enumerate(self.held)}
        self._named = self._by_value(named)
        self._early = self._by_value(early)
        self._values = {id(value): value for value, _ in named}
        self._weights: dict[int, dict[int, Any]] = {}
        self._touched = [
            module
            for module in (kind.living() if self.held else ())
            if not self.held.keys().isdisjoint(self.weights(module))
        ]

    def weights(self, module: Any) -> dict[int, Any]:
        """The weights of a module that want a derivative or that are stepped."""
        if id(module) not in self._weights:
            self._weights[id(module)] = {
                key: weight
                for key, weight in self.kind.weights(module).items()
                if self.kind.learns(weight) or key in self.held
            }
        return self._weights[id(module)]

    def stepped(self) -> list[Network]:
        """The networks that optimizers step, in the order of the optimizers.

        Returns
        -------
        list of Network
            For each optimizer the largest modules all of whose weights it holds; a part
            of a network is taken for the network. A module around two networks that
            have optimizers of their own is none.
        """
        held = [self._ids(number) for number in range(self.count)]
        several = [ids for ids in held if len(ids) > 1]
        single = {key for ids in held if len(ids) == 1 for key in ids}
        networks = [  # each weight of a network may have an optimizer of its own
            *(network for ids in [*several, single] for network in self._modules(ids)),
            *(network for ids in held for network in self._bare(ids)),
        ]
        networks.sort(key=lambda network: min(map(self._place, network.weights)))
        kept = {frozenset(network.weights): network for network in reversed(networks)}
        for weights in list(kept):
            parts = [other for other in kept if other < weights]
            if len(_disjoint(parts)) > 1:
                kept.pop(weights, None)
            elif weights in kept:
                for part in parts:
                    del kept[part]
        kept = dict(reversed(kept.items()))
        return [self._told(network) for network in kept.values()]

    def unstepped(self) -> list[Network]:
        """Networks with a variable of their own that no optimizer holds, the outermost.

        Returns
        -------
        list of Network
            None of those whose name says that they are an average or a copy.
        """
        free = [
            module
            for module in self._values.values()
            if issubclass(type(module), self.kind.networks)
            and (self.weights(module) or not self.kind.is_built(module))
            and self.held.keys().isdisjoint(self.weights(module))
            and not self._is_game(module)
            and not self.kind.trains(module)
        ]
        parts = {
            id(part)
            for module in free
            for part in self.kind.parts(module)
            if part is not module
        }
        found = [
            self._told(Network(self.kind, module, self.weights(module)))
            for module in free
            if id(module) not in parts
        ]
        return [
            one
            for one in found
            if one.bound and not is_generic(one.name) and not is_copy(one.name)
        ]

    def _ids(self, number: int) -> set[int]:
        return {key for key, numbers in self.held.items() if number in numbers}

    def _place(self, weight: int) -> int:
        """Where a weight stands among those of all optimizers; the others are last."""
        return self._places.get(weight, len(self._places))

    def _modules(self, own: set[int]) -> list[Network]:
        """The largest modules in what an optimizer holds, or around a part of it."""
        whole = [
            module
            for module in self._touched
            if self.weights(module).keys() <= own and not self._is_game(module)
        ]
        chosen = self._cover(own, whole)
        loose = own - {key for module in chosen for key in self.weights(module)}
        wider = [module for module in self._touched if self._may_be(module, own)]
        for weights in [
            *(self.weights(m).keys() for m in chosen),
            *({k} for k in loose),
        ]:
            around = [m for m in wider if weights <= self.weights(m).keys()]
            chosen += self._cover(weights, around)
        networks = self._cover(own, chosen)
        return [Network(self.kind, module, self.weights(module)) for module in networks]

    def _cover(self, keys: Iterable[int], modules: list[Any]) -> list[Any]:
        """The largest of the modules that together hold what they can of `keys`."""
        left, chosen = set(keys), []
        for module in sorted(modules, key=self._size, reverse=True):
            if not left.isdisjoint(self.weights(module)):
                left -= self.weights(module).keys()
                chosen.append(module)
        return chosen

    def _size(self, module: Any) -> tuple[int, int]:
        return len(self.weights(module)), sum(1 for _ in self.kind.parts(module))

    def _may_be(self, module: Any, own: set[int]) -> bool:
        """Whether a module of which an optimizer holds a part is a network itself."""
        others = self.held.keys() - own
        names = self.kind.children(self.kind.inside(module))
        return (
            not own.isdisjoint(self.weights(module))
            and others.isdisjoint(self.weights(module))
            and not any(role_of(name) or is_copy(name) for name in names)
            and not self.kind.trains(module)
            and not self._is_game(module)
        )

    def _bare(self, own: set[int]) -> list[Network]:
        """The weights of an optimizer that has no network, by their variables."""
        if any(not own.isdisjoint(self.weights(module)) for module in self._touched):
            return []
        found: dict[str, dict[int, Any]] = {}
        for key in self.held:
            if key in own and (variables := self._named.get(key)):
                name = min(variables, key=_rank).name.partition("[")[0]
                found.setdefault(name, {})[key] = self._tensors[key]
        return [
            Network(self.kind, None, weights, name, True)
            for name, weights in found.items()
        ]

    def _told(self, network: Network) -> Network:
        """The network with its name and its optimizers."""
        by = [self.held.get(key, set()) for key in network.weights]
        stepped_by = frozenset().union(*by)
        if network.module is None:
            return replace(network, stepped_by=stepped_by)
        alike = [
            id(module)
            for module in self.kind.parts(network.module)
            if self.weights(module).keys() == network.weights.keys()
        ]
        now = [one for key in alike for one in self._named.get(key, ())]
        before = [one for key in alike for one in self._early.get(key, ())]
        best = [min(found, key=_rank) for found in (now, before) if found]
        label = self.kind.label(network.module)
        names = [*(variable.name for variable in best), label]
        names = [name for name in names if name and not is_generic(name)]
        last = type(self.kind.inside(network.module)).__name__
        name = next(iter([*names, *(one.text for one in best), last]))
        return replace(network, name=name, bound=bool(now), stepped_by=stepped_by)

    def _is_game(self, module: Any) -> bool:
        """Whether a network holds a generator and a discriminator, by their names."""
        return any(
            {"G", "D"} <= {role_of(name) for name in self._names_inside(part)}
            for part in self.kind.parts(module)
        )

    def _names_inside(self, module: Any) -> Iterator[str]:
        for name, child in self.kind.children(module).items():
            yield name
            yield from (variable.name for variable in self._named.get(id(child), ()))

    def _by_value(self, named: Iterable[Named]) -> dict[int, list[Variable]]:
        found: dict[int, list[Variable]] = {}
        for value, variable in named:
            key = id(value)
            if issubclass(type(value), self.kind.tensors):
                key = self.kind.key(value)
            found.setdefault(key, []).append(variable)
        return found


def _rank(variable: Variable) -> tuple[int, int, int]:
    """Small for a good name: a role, then any that tells; outside before inside."""
    kind = 2 if is_generic(variable.name) else 0 if role_of(variable.name) else 1
    return kind, variable.frame, len(variable.path)


def _disjoint(sets: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    found: list[frozenset[int]] = []
    for one in sorted(sets, key=len, reverse=True):
        if all(one.isdisjoint(other) for other in found):
            found.append(one)
    return found
