"""One tensor's history as a backward pass sees it, and what that pass never reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Saved:
    """One tensor that an operation keeps for its backward pass.

    `storage` numbers the memory it lies in: two records with one number share bytes.
    `parameter` is True when that memory is a network's weight, which exists anyway.
    """

    name: str
    shape: tuple[int, ...]
    nbytes: int
    storage: int
    parameter: bool = False


@dataclass(frozen=True)
class Node:
    """One operation or leaf of a trace.

    kind is "operation", "parameter" (a leaf that belongs to a network) or "input" (any
    other leaf: data, noise, a constant). `op` is the framework's name of the backward
    step ("AddmmBackward0"), `call` the function the forward pass called ("linear").
    `network` and `layer` say where it ran ("D", "2"); both None outside every network.
    `live`: a backward pass from the root visits it. `freed`: it did save tensors and
    they are gone, so a second backward pass would stop here.
    """

    id: int
    kind: str
    op: str
    call: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    network: str | None = None
    layer: str | None = None
    live: bool = True
    saved: tuple[Saved, ...] = ()
    freed: bool = False

    def __post_init__(self):
        if self.kind not in ("operation", "parameter", "input"):
            raise ValueError(
                f"kind is operation, parameter or input, not {self.kind!r}"
            )

    @property
    def label(self) -> str:
        """What to write in its box: the leaf's name, or the call that made the value."""
        return self.name or self.call or self.op


@dataclass(frozen=True)
class Edge:
    """A way a derivative could travel: from `start` (nearer the loss) to `end`.

    live: the backward pass takes it. cut: what stops it here ("detach", "no_grad",
    "frozen parameter", ".data", "stop_gradient", …). Neither: it lies beyond a cut.
    """

    start: int
    end: int
    live: bool = True
    cut: str | None = None

    def __post_init__(self):
        if self.live and self.cut:
            raise ValueError(f"an edge cut by {self.cut} cannot be live")


@dataclass(frozen=True)
class DerivativeTrace:
    """The history of one tensor: what backward walks, and what it never reaches.

    `networks` maps each watched network to the names of its parameters; `called` holds
    the networks whose forward pass was seen while the watch was on.
    """

    root: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    called: frozenset[str] = frozenset()

    @cached_property
    def by_id(self) -> dict[int, Node]:
        """Each node under its id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def cuts(self) -> tuple[Edge, ...]:
        """The edges where the derivative is stopped, each with its reason."""
        return tuple(edge for edge in self.edges if edge.cut)

    @cached_property
    def freed(self) -> tuple[Node, ...]:
        """The live operations whose saved tensors are gone."""
        return tuple(node for node in self.nodes if node.live and node.freed)

    @cached_property
    def saved_bytes(self) -> int:
        """Bytes this graph keeps alive: each memory block once, weights not counted."""
        return _bytes_of(self.nodes)

    @cached_property
    def reached(self) -> dict[str, tuple[str, ...]]:
        """For each network, the names of its parameters that receive a derivative."""
        live = {n.name for n in self.nodes if n.kind == "parameter" and n.live}
        return {
            network: tuple(name for name in names if name in live)
            for network, names in self.networks.items()
        }

    def accumulates_into(self, network: str) -> bool:
        """Whether backward adds to the `.grad` of any parameter of `network`."""
        self._check_called(network)
        return bool(self.reached[network])

    def flows_through(self, network: str) -> bool:
        """Whether a derivative crosses `network` and arrives at a leaf that is not its own.

        This is how a generator learns from a critic: through it, not into it.
        """
        self._check_called(network)
        inside = {
            n.id
            for n in self.nodes
            if n.network == network and n.kind == "operation" and n.live
        }
        beyond = self._below(inside)
        return any(
            node.live and node.kind != "operation" and node.network != network
            for node in self.nodes
            if node.id in beyond
        )

    def why_not(self, network: str) -> tuple[str, ...]:
        """The cuts that stand between the root and `network`'s parameters."""
        self._check_called(network)
        names = set(self.networks[network])
        reasons = {
            edge.cut
            for edge in self.cuts
            if any(
                self.by_id[i].name in names and self.by_id[i].kind == "parameter"
                for i in self._below({edge.end})
            )
        }
        return tuple(sorted(reasons))

    def _below(self, start: Iterable[int]) -> set[int]:
        """`start` and all that lies behind it, live or not."""
        ends = defaultdict(list)
        for edge in self.edges:
            ends[edge.start].append(edge.end)
        seen, todo = set(), list(start)
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(ends[node])
        return seen

    def _check_called(self, network: str) -> None:
        if network not in self.networks:
            known = ", ".join(self.networks) or "none"
            raise ValueError(
                f"no network named {network!r} was watched; known: {known}"
            )
        if network not in self.called:
            raise ValueError(
                f"{network} was never called while the watch was on: run its forward "
                "pass inside `with watch(...)`"
            )


def _bytes_of(nodes: Iterable[Node]) -> int:
    blocks: dict[int, int] = {}
    for node in nodes:
        for saved in node.saved if node.live else ():
            if not saved.parameter:
                blocks[saved.storage] = max(
                    blocks.get(saved.storage, 0), saved.nbytes
                )
    return sum(blocks.values())
