"""The networks that optimizers step, and those that they do not."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn
from torch.optim import Optimizer

from ganflow.loop_audit.variables import (
    Variable,
    is_copy,
    is_generic,
    is_users,
    role_of,
)

Named = tuple[nn.Module | Tensor, Variable]

_WRAPPERS = ("module", "_orig_mod", "_forward_module")


@dataclass(frozen=True, eq=False)
class Network:
    """A network that might play, or weights that no module holds.

    Parameters
    ----------
    module : nn.Module or None
        The outermost module that holds these weights.
    weights : dict of id -> Tensor
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

    module: nn.Module | None
    weights: dict[int, Tensor]
    name: str = ""
    bound: bool = False
    stepped_by: frozenset[int] = frozenset()
    instead_of: str = ""

    @property
    def role(self) -> str:
        """The role "G" or "D", by its name or its class; "" if neither says one."""
        kind = type(inside(self.module)).__name__ if self.module else ""
        return role_of(self.name) or role_of(kind)

    @property
    def members(self) -> list[nn.Module | Tensor]:
        """What to watch."""
        return [inside(self.module)] if self.module else list(self.weights.values())

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of its weights, in order."""
        return [tuple(weight.shape) for weight in self.weights.values()]


def inside(module: nn.Module) -> nn.Module:
    """The network in DataParallel, DistributedDataParallel or a compiled module."""
    for name in _WRAPPERS:
        inner = module._modules.get(name)
        if inner is not None and len(module._modules) == 1 and not module._parameters:
            file = getattr(sys.modules[type(module).__module__], "__file__", None)
            if not is_users(file or "<built in>"):
                return inside(inner)
    return module


def weights_of(module: nn.Module) -> dict[int, Tensor]:
    """All parameters of a module and its parts, whatever its class says they are."""
    return {id(weight): weight for weight in nn.Module.parameters(module)}


def living_modules() -> list[nn.Module]:
    """Every module there is, whoever holds it."""
    return [
        thing
        for thing in gc.get_objects()
        if issubclass(type(thing), nn.Module) and "_modules" in vars(thing)
    ]


class Networks:
    """The networks of a script, from its optimizers, modules and variables.

    Parameters
    ----------
    optimizers : sequence of Optimizer
        In the order in which they were made.
    named : sequence of (module or tensor, Variable)
        What the variables hold now.
    early : sequence of (module, Variable)
        What they held when the optimizers were made: a name from there is better than
        none.
    """

    def __init__(
        self,
        optimizers: Sequence[Optimizer],
        named: Sequence[Named],
        early: Sequence[Named] = (),
    ):
        self.held: dict[int, set[int]] = {}
        self._tensors: dict[int, Tensor] = {}
        for number, optimizer in enumerate(optimizers):
            for group in optimizer.param_groups:
                for tensor in group["params"]:
                    self._tensors[id(tensor)] = tensor
                    self.held.setdefault(id(tensor), set()).add(number)
        self.count = len(optimizers)
        self._places = {key: place for place, key in enumerate(self.held)}
        self._named = _by_value(named)
        self._early = _by_value(early)
        self._values = {id(value): value for value, _ in named}
        self._weights: dict[int, dict[int, Tensor]] = {}
        self._touched = [
            module
            for module in living_modules()
            if not self.held.keys().isdisjoint(self.weights(module))
        ]

    def weights(self, module: nn.Module) -> dict[int, Tensor]:
        """The weights of a module that want a derivative or that are stepped."""
        if id(module) not in self._weights:
            self._weights[id(module)] = {
                key: weight
                for key, weight in weights_of(module).items()
                if weight.requires_grad or key in self.held
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
        modules = [one for one in self._values.values() if isinstance(one, nn.Module)]
        free = [
            module
            for module in modules
            if self.weights(module)
            and self.held.keys().isdisjoint(self.weights(module))
        ]
        parts = {
            id(part) for module in free for part in module.modules() if part != module
        }
        found = [
            self._told(Network(module, self.weights(module)))
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
            if self.weights(module).keys() <= own and not _is_game(module)
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
        return [Network(module, self.weights(module)) for module in networks]

    def _cover(self, keys: Iterable[int], modules: list[nn.Module]) -> list[nn.Module]:
        """The largest of the modules that together hold what they can of `keys`."""
        left, chosen = set(keys), []
        for module in sorted(modules, key=self._size, reverse=True):
            if not left.isdisjoint(self.weights(module)):
                left -= self.weights(module).keys()
                chosen.append(module)
        return chosen

    def _size(self, module: nn.Module) -> tuple[int, int]:
        return len(self.weights(module)), sum(1 for _ in module.modules())

    def _may_be(self, module: nn.Module, own: set[int]) -> bool:
        """Whether a module of which an optimizer holds a part is a network itself."""
        others = self.held.keys() - own
        return (
            not own.isdisjoint(self.weights(module))
            and others.isdisjoint(self.weights(module))
            and not any(role_of(n) or is_copy(n) for n in inside(module)._modules)
            and not hasattr(type(module), "configure_optimizers")
            and not any(isinstance(one, Optimizer) for one in vars(module).values())
            and not _is_game(module)
        )

    def _bare(self, own: set[int]) -> list[Network]:
        """The weights of an optimizer that has no network, by their variables."""
        if any(not own.isdisjoint(self.weights(module)) for module in self._touched):
            return []
        found: dict[str, dict[int, Tensor]] = {}
        for key in self.held:
            if key in own and (variables := self._named.get(key)):
                name = min(variables, key=_rank).name.partition("[")[0]
                found.setdefault(name, {})[key] = self._tensors[key]
        return [Network(None, weights, name, True) for name, weights in found.items()]

    def _told(self, network: Network) -> Network:
        """The network with its name and its optimizers."""
        by = [self.held.get(key, set()) for key in network.weights]
        stepped_by = frozenset().union(*by)
        if network.module is None:
            return replace(network, stepped_by=stepped_by)
        alike = [
            id(module)
            for module in network.module.modules()
            if self.weights(module).keys() == network.weights.keys()
        ]
        now = [one for key in alike for one in self._named.get(key, ())]
        before = [one for key in alike for one in self._early.get(key, ())]
        best = [min(found, key=_rank) for found in (now, before) if found]
        kind = type(inside(network.module))
        names = [variable.name for variable in best]
        if not kind.__module__.startswith("torch."):
            names.append(kind.__name__)
        names = [name for name in names if not is_generic(name)]
        name = next(iter([*names, *(one.text for one in best), kind.__name__]))
        return replace(network, name=name, bound=bool(now), stepped_by=stepped_by)


def _by_value(named: Iterable[Named]) -> dict[int, list[Variable]]:
    found: dict[int, list[Variable]] = {}
    for value, variable in named:
        found.setdefault(id(value), []).append(variable)
    return found


def _rank(variable: Variable) -> tuple[int, int, int]:
    """Small for a good name: a role, then any that tells; outside before inside."""
    kind = 2 if is_generic(variable.name) else 0 if role_of(variable.name) else 1
    return kind, variable.frame, len(variable.path)


def _is_game(module: nn.Module) -> bool:
    """Whether a module holds a generator and a discriminator, by their names."""
    return any(
        {"G", "D"} <= {role_of(name) for name in part._modules}
        for part in module.modules()
    )


def _disjoint(sets: Iterable[frozenset[int]]) -> list[frozenset[int]]:
    found: list[frozenset[int]] = []
    for one in sorted(sets, key=len, reverse=True):
        if all(one.isdisjoint(other) for other in found):
            found.append(one)
    return found
