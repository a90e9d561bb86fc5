"""Count passes: every call of G and D, and what backward sends through its graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, is_dataclass
from functools import wraps
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import get_gradient_edge

from ganflow.schedule import Passes

Edge = tuple[Any, int]  # a node of autograd's graph, and which of its outputs
INPUT = "input"


class PassCounter:
    """While entered: the samples that go through G and D, in each direction.

    A call is one of the network, of its `forward`, or of a part of it; a call inside
    another one is no pass of its own. Its graph is what leads from what it gave to what
    it was given and to the weights it used. A backward pass ends at the weights, or at
    the input, of a call when a node of that graph works their derivative out; each walk
    through a call counts once, though several nodes read a weight.

    Passes are counted for each layer, and those of a network are the most that any of
    its layers had: a mapping and a synthesis that are called one after the other make
    one pass, and so does a layer that one call uses several times. A call that runs all
    of its layers twice, on real and on fake say, is two.

    Parameters
    ----------
    G : nn.Module or list of nn.Module
        The generator, or several; their passes add up.
    D : nn.Module or list of nn.Module
        The critic, or several; their passes add up.

    Gradient: the hooks read what backward computes and change none of it.
    """

    def __init__(self, G: Sequence[nn.Module], D: Sequence[nn.Module]):
        self._players = {"G": [_Network(n) for n in G], "D": [_Network(n) for n in D]}
        self._homes: dict[nn.Module, list[_Network]] = defaultdict(list)
        for network in self._players["G"] + self._players["D"]:
            for module in network.modules:
                if isinstance(module, torch.jit.ScriptModule):
                    raise ValueError(
                        "a network made by torch.jit cannot be counted: give the "
                        "network that it was made from"
                    )
                self._homes[module].append(network)
        self._running: list[nn.Module] = []
        self._replaced = ExitStack()

    def __enter__(self) -> PassCounter:
        """Replace each `forward`: a module's hooks do not see who calls that itself."""
        classes: dict[type, None] = {}
        for module in self._homes:
            if "forward" in vars(module):
                self._replace(vars(module), "forward", self._bound(module))
            else:
                owners = (c for c in type(module).__mro__ if "forward" in vars(c))
                classes[next(owners)] = None
        for owner in classes:
            if owner is not nn.Module:
                self._replaced.callback(setattr, owner, "forward", owner.forward)
                owner.forward = self._counted(owner.forward)
        return self

    def __exit__(self, *_: object) -> None:
        self._replaced.close()

    def passes(self, batch: int) -> Passes:
        """What was counted, in batches of so many samples."""

        def batches(player: str, what: str) -> float:
            counted = sum(getattr(net, what)() for net in self._players[player])
            number = round(counted / batch, 9)  # sums of thirds
            return int(number) if number == int(number) else number

        return Passes(
            G_forward=batches("G", "forward"),
            D_forward=batches("D", "forward"),
            D_weights=batches("D", "weights"),
            D_input=batches("D", "input"),
            G_backward=batches("G", "weights"),
        )

    def _replace(self, names: dict[str, Any], name: str, new: Callable) -> None:
        self._replaced.callback(names.__setitem__, name, names[name])
        names[name] = new

    def _bound(self, module: nn.Module) -> Callable:
        forward = vars(module)["forward"]

        @wraps(forward)
        def run(*args: object, **kwargs: object) -> object:
            return self._run(module, forward, args, kwargs)

        return run

    def _counted(self, forward: Callable) -> Callable:
        @wraps(forward)
        def run(module: nn.Module, *args: object, **kwargs: object) -> object:
            def bound(*args: object, **kwargs: object) -> object:
                return forward(module, *args, **kwargs)

            return self._run(module, bound, args, kwargs)

        return run

    def _run(
        self, module: nn.Module, forward: Callable, args: tuple, kwargs: dict
    ) -> object:
        """Run a module's forward; afterwards, read the graph that it made."""
        homes = self._homes.get(module, ())
        again = self._running and self._running[-1] is module  # super().forward(x)
        if not homes or again:
            return forward(*args, **kwargs)
        given = list(_tensors((args, kwargs)))
        inputs = {edge: INPUT for tensor in given for edge in _edge(tensor)}
        weights = _weights(module)
        began = [network for network in homes if network.call is None]
        for network in began:
            network.call = _Call(given)
        calls = [network.call for network in homes if network.call is not None]
        if module._parameters:
            for call in calls:
                call.times[module] += 1
        self._running.append(module)
        results: list[Tensor] = []
        try:
            made = forward(*args, **kwargs)
            results += _tensors(made)
        finally:  # a checkpoint's second forward stops by an error where it has enough
            self._running.pop()
            for call in calls if weights else ():
                call.read(module, results, inputs, weights)
            for network in began:
                network.end(results, inputs)
        return made


class _Network:
    """One network: its modules, the call of it that runs now, and all its calls."""

    def __init__(self, network: nn.Module):
        self.modules = list(network.modules())
        self.call: _Call | None = None
        self._calls: list[_Call] = []

    def end(self, results: list[Tensor], inputs: Mapping[Edge, str]) -> None:
        """Close the call: its batch, its input, and weights used past their modules."""
        call, self.call = self.call, None
        assert call is not None
        call.batch = _batch(call.given, results)
        call.given = []
        others = {}
        for module in self.modules:
            if module not in call.times:
                others |= _weights(module)
        call.read(None, results, inputs, others)
        self._calls.append(call)

    def forward(self) -> float:
        """Samples that went forward."""
        return self._most(call.forward() for call in self._calls)

    def input(self) -> float:
        """Samples by whose input a derivative was worked out."""
        return self._most(call.input() for call in self._calls)

    def weights(self) -> float:
        """Samples by which a derivative of the weights was worked out."""
        return self._most(call.weights() for call in self._calls)

    def _most(self, counted: Iterable[Mapping[object, float]]) -> float:
        total: dict[object, float] = defaultdict(float)
        for samples in counted:
            for what, number in samples.items():
                total[what] += number
        return max(total.values(), default=0)


@dataclass(eq=False)
class _Call:
    """One call of a network.

    Parameters
    ----------
    given : list of Tensor
        What it was given; let go when it ends.
    batch : int or None
        Its samples; None where no tensor has a first axis.
    times : Counter of nn.Module
        How often it used each module that has weights.
    reads : list of (module or None, dict of weight -> walks)
        For each use of such a module, and for the network itself, the backward passes
        that worked out the derivative by each weight, or by "input".
    """

    given: list[Tensor]
    batch: int | None = None
    times: Counter[nn.Module] = field(default_factory=Counter)
    reads: list[tuple[nn.Module | None, dict[object, set[int]]]] = field(
        default_factory=list
    )

    @property
    def samples(self) -> int:
        """Its batch."""
        if self.batch is None:
            raise ValueError(
                "a call of G or D was given no batch and gave none, so its samples "
                "cannot be counted: its tensors have no first axis"
            )
        return self.batch

    @property
    def passes(self) -> int:
        """How often it ran: as often as it used what it used least."""
        return min(self.times.values(), default=1)

    def forward(self) -> dict[object, float]:
        """Samples that went forward, for each layer."""
        return dict.fromkeys(self.times or [None], self.samples * self.passes)

    def input(self) -> dict[object, float]:
        """Samples by whose input a derivative was worked out, for each layer."""
        walks = sum(
            len(walks.get(INPUT, ())) for layer, walks in self.reads if not layer
        )
        return dict.fromkeys(self.times or [None], self.samples * walks)

    def weights(self) -> dict[object, float]:
        """Samples by which the derivative of each weight was worked out."""
        found: dict[object, float] = defaultdict(float)
        for layer, read in self.reads:
            share = self.passes / self.times[layer] if layer else 1
            for weight, walks in read.items():
                if weight != INPUT:
                    found[weight] += self.samples * share * len(walks)
        return found

    def read(
        self,
        layer: nn.Module | None,
        results: list[Tensor],
        inputs: Mapping[Edge, str],
        weights: Mapping[Edge, object],
    ) -> None:
        """Hook the nodes of a module's graph that read its input or its weights."""
        walks: dict[object, set[int]] = defaultdict(set)
        self.reads.append((layer, walks))
        ends = {**inputs, **weights}
        todo = [e[0] for t in results for e in _edge(t) if e not in ends]
        seen = set()
        while todo:
            node = todo.pop()
            if node in seen:
                continue
            seen.add(node)
            read = {}
            for place, edge in enumerate(node.next_functions):
                if edge in ends:
                    read[place] = ends[edge]
                elif edge[0] is not None:
                    todo.append(edge[0])
            if read:
                node.register_hook(_noting(walks, read))


def _noting(
    walks: dict[object, set[int]], read: Mapping[int, object]
) -> Callable[[tuple, tuple], None]:
    """A hook that notes the walk, for each of what a node reads that it works out."""

    def hook(made: tuple[Tensor | None, ...], _: tuple) -> None:
        walk = torch._C._current_graph_task_id()
        for place, what in read.items():
            if made[place] is not None:
                walks[what].add(walk)

    return hook


def _weights(module: nn.Module) -> dict[Edge, object]:
    """Where the graph goes on to each of the module's own parameters.

    They are those of now: `functional_call` lends a module others.
    """
    own = module._parameters.items()
    return {
        edge: (module, name)
        for name, tensor in own
        if tensor is not None
        for edge in _edge(tensor)
    }


def _edge(tensor: Tensor) -> list[Edge]:
    """Where a derivative goes on from the tensor; nowhere, if it carries none."""
    try:
        if not tensor.requires_grad or (tensor.grad_fn is None and not tensor.is_leaf):
            return []
    except RuntimeError:  # a view made under no_grad, since when its base was written
        return []
    edge = get_gradient_edge(tensor)
    return [(edge.node, edge.output_nr)]


def _batch(given: list[Tensor], results: list[Tensor]) -> int | None:
    """The samples of a call: the length that most of its tensors have."""
    lengths = Counter(len(tensor) for tensor in given + results if tensor.dim())
    return lengths.most_common(1)[0][0] if lengths else None


def _tensors(tree: object) -> Iterator[Tensor]:
    """Every tensor in nested lists, tuples, dicts and dataclasses, in order."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        for item in tree.values():
            yield from _tensors(item)
    elif isinstance(tree, (list, tuple, set)):
        for item in tree:
            yield from _tensors(item)
    elif is_dataclass(tree) and not isinstance(tree, type):
        yield from _tensors(vars(tree))
