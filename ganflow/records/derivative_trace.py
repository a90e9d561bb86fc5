"""One tensor's history as a backward pass sees it, and what that pass never reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ganflow.records.nodes import Edge, Node

ONE_PIECE = "reentrant checkpoint"


@dataclass(frozen=True)
class DerivativeTrace:
    """The history of one tensor: what backward walks, and what it never reaches.

    Parameters
    ----------
    root : int
        The id of the tensor's node.
    nodes : tuple of Node
        The root's first.
    edges : tuple of Edge
        The ways between them.
    networks : dict of name -> tuple of str
        For each watched network the names of its parameters.
    called : frozenset of str
        The networks whose forward pass was seen while the watch was on.
    saved_known : bool
        False for a graph that was not run: what backward keeps is decided when it runs.
    """

    root: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    called: frozenset[str] = frozenset()
    saved_known: bool = True

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
    def saved_bytes(self) -> int | None:
        """Bytes this graph keeps alive: each memory block once, weights not counted.

        None where the graph does not tell.
        """
        return self.saved_bytes_of(self.nodes)

    def saved_bytes_of(self, nodes: Iterable[Node]) -> int | None:
        """Bytes that some of the nodes keep alive, as if the others kept nothing.

        Parameters
        ----------
        nodes : iterable of Node
            Those to count.
        """
        if not self.saved_known:
            return None
        blocks: dict[int, int] = {}
        for node in nodes:
            for saved in node.saved if node.live else ():
                if not saved.parameter:
                    size = max(saved.nbytes, saved.block or 0)
                    blocks[saved.storage] = max(blocks.get(saved.storage, 0), size)
        return sum(blocks.values())

    def second_backward(self) -> str:
        """What a second backward pass from the root would need, in one sentence."""
        if not self.saved_known:
            return (
                "a second backward needs a persistent tape; what it keeps is decided "
                "when the graph runs"
            )
        if self.freed:
            names = [_place(node) for node in self.freed]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            return (
                f"a second backward raises: freed are {', '.join(names[:3])}{more}; "
                "keep them with retain_graph=True, or run the forward again"
            )
        return (
            f"a second backward needs {self.saved_bytes:,} bytes kept from the first "
            "(retain_graph=True)"
        )

    @cached_property
    def reached(self) -> dict[str, tuple[str, ...]]:
        """For each network, the names of its parameters that receive a derivative."""
        live = {
            (n.network, n.name) for n in self.nodes if n.kind == "parameter" and n.live
        }
        return {
            network: tuple(name for name in names if (network, name) in live)
            for network, names in self.networks.items()
        }

    def accumulates_into(self, network: str) -> bool:
        """Say whether backward adds to the `.grad` of any parameter of a network.

        Parameters
        ----------
        network : str
            One that was watched and called.

        Raises
        ------
        ValueError
            No network of that name was watched, or it was never called, or a region
            that runs as one piece hides what reaches it.
        """
        self._check_called(network)
        self._check_seen(network)
        return bool(self.reached[network])

    def flows_through(self, network: str) -> bool:
        """Say whether a derivative crosses a network and arrives at a leaf not its own.

        This is how a generator learns from a critic: through it, not into it.

        Parameters
        ----------
        network : str
            One that was watched and called.

        Raises
        ------
        ValueError
            No network of that name was watched, or it was never called.
        """
        self._check_called(network)
        inside = {
            n.id
            for n in self.nodes
            if n.network == network and n.kind == "operation" and n.live
        }
        beyond = (self.by_id[i] for i in self._below(inside, live_only=True))
        return any(n.kind != "operation" and n.network != network for n in beyond)

    def why_not(self, network: str) -> tuple[str, ...]:
        """Name what cuts the ways to a network's parameters that nothing reaches.

        Parameters
        ----------
        network : str
            One that was watched and called.

        Returns
        -------
        tuple of str
            The reasons in alphabetical order, such as ("detach", "no_grad"); none where
            nothing is cut, or nothing was ever connected.

        Raises
        ------
        ValueError
            No network of that name was watched, or it was never called.
        """
        self._check_called(network)
        weights = {
            n.id
            for n in self.nodes
            if n.kind == "parameter" and n.network == network and not n.live
        }
        cutting = {e.cut for e in self.cuts if e.cut and weights & self._below({e.end})}
        return tuple(sorted(cutting))

    def not_seen(self, network: str) -> tuple[str, ...]:
        """Name what hides the ways by which a network's values may have come here.

        Where it says nothing, and `why_not` neither, nothing that was seen leads from
        the network to the root.

        Parameters
        ----------
        network : str
            One that was watched.

        Returns
        -------
        tuple of str
            In alphabetical order, such as ("numpy()",).

        Raises
        ------
        ValueError
            No network of that name was watched.
        """
        self._check_watched(network)
        found = {n.unseen[network] for n in self.nodes if network in n.unseen}
        return tuple(sorted(found))

    def __str__(self) -> str:
        """The answers, a line each: short and the same in every run."""
        root = self.by_id[self.root]
        live = [n for n in self.nodes if n.live and n.kind == "operation"]
        shape = "" if root.shape is None else f" of shape {root.shape}"
        some = "1 operation" if len(live) == 1 else f"{len(live)} operations"
        lines = [f"{root.label}{shape}: {some} in its history"]
        lines += [f"  {network}: {self._fate(network)}" for network in self.networks]
        lines.append(f"  {self.second_backward()}")
        return "\n".join(lines)

    def _fate(self, network: str) -> str:
        if network not in self.called:
            return "never called"
        reached, names = self.reached[network], self.networks[network]
        words = [f"reaches {len(reached)} of {len(names)} parameters"]
        if self.flows_through(network):
            words.append("flows through")
        if len(reached) < len(names):
            if why := self.why_not(network):
                words.append(f"cut by {', '.join(why)}")
            if hidden := self.not_seen(network):
                words[0] = f"seen to reach {len(reached)} of {len(names)} parameters"
                words.append(f"not seen: {', '.join(hidden)}")
        return "; ".join(words)

    def _below(self, start: Iterable[int], *, live_only: bool = False) -> set[int]:
        """`start` and all that lies behind it; what a derivative reaches from there."""
        ends = defaultdict(list)
        for edge in self.edges:
            if edge.live or not live_only:
                ends[edge.start].append(edge.end)
        seen, todo = set(), list(start)
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                todo.extend(ends[node])
        return seen

    def _check_watched(self, network: str) -> None:
        if network not in self.networks:
            known = ", ".join(self.networks) or "none"
            raise ValueError(
                f"no network named {network!r} was watched; known: {known}"
            )

    def _check_seen(self, network: str) -> None:
        """A live box that hides a network may hand its weights a derivative."""
        hidden = {n.unseen[network] for n in self.nodes if network in n.unseen}
        if ONE_PIECE in hidden and not self.reached[network]:
            raise ValueError(
                f"a {ONE_PIECE} hides what reaches {network}: it runs in one piece, "
                "with a backward pass of its own; use_reentrant=False can be seen"
            )

    def _check_called(self, network: str) -> None:
        self._check_watched(network)
        if network not in self.called:
            raise ValueError(
                f"{network} was never called while the watch was on: run its forward "
                "pass inside `with watch(...)`"
            )


def _place(node: Node) -> str:
    where = ".".join(part for part in (node.network, node.layer) if part)
    return f"{node.op} ({where})" if where else node.op
