"""Floating-point operations, by line, player and kind of pass."""

from __future__ import annotations

from collections import deque
from typing import Any

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.node_ages import Age
from ganflow.loop_audit.places import here
from ganflow.loop_audit.plans import CONVOLUTION_BACKWARD, Plan

NOBODY = ""
NOWHERE: frozenset[str] = frozenset()
ASKED = 64  # points of penalties, of the newest ticks


class Costs:
    """Counts products and convolutions, each for whom it was done.

    Of a backward pass it knows the edges of the graph: a product that works out the
    derivative for one edge is done for the players whose weights lie behind it.

    Parameters
    ----------
    observer : Hub
        Whose log is written.
    """

    def __init__(self, observer: Hub):
        self._observer = observer
        self._edges: dict[Any, tuple[list, list]] = {}  # node -> what lies behind it
        self._factors: dict[Any, _Factors] = {}
        self._owners: dict[str, frozenset[str]] = {}
        self._asked: deque[Age] = deque(maxlen=ASKED)

    def asks(self, node) -> None:
        """Say that a slope was taken at the values that a node of the graph made.

        They ask for a derivative by themselves: what goes to them is worked out for
        whoever made them, and just as well if nobody learns from it.
        """
        self._asked.append(self._observer.passes.ages.of(node))

    def walk(self, outputs) -> tuple[list, list]:
        """Learn, for each edge behind some outputs, whose weights lie behind it.

        Parameters
        ----------
        outputs : sequence of autograd nodes
            Where the backward pass starts.

        Returns
        -------
        nodes : list of autograd nodes
            All of the graph, but for its leaves.
        leaves : list of Tensor
            Those that are no player's weights.
        """
        weights, edges = self._observer.players.weights, self._edges
        todo: list = [(node, None) for node in outputs]
        order, behind, leaves = [], {}, []
        while todo:
            node, after = todo.pop()
            if after is not None:  # all that lies behind the node is known
                known = [None if one is None else behind[one] for one in after]
                found = NOWHERE
                for other in known:
                    if other and other is not found:
                        found = found | other if found else other
                behind[node] = found
                edges[node] = after, known
                order.append(node)
            elif node not in behind:
                after = [one for one, _ in node.next_functions]
                if not after and hasattr(node, "variable"):
                    own = weights.get(id(node.variable))
                    if own is None:
                        leaves.append(node.variable)
                    behind[node] = self._alone(own[0] if own else NOBODY)
                    continue
                behind[node] = NOWHERE
                todo.append((node, after))
                todo += [(one, None) for one in after if one is not None]
        if self._asked:
            ages = self._observer.passes.ages
            self._stop_at({n for n in order if ages.of(n) in self._asked}, order)
        return order, leaves

    def _stop_at(self, points: set, order: list) -> None:
        """Let nobody's weights lie behind the edges that lead to these nodes."""
        for node in order if points else ():
            after, behind = self._edges[node]
            if not points.isdisjoint(after):
                known = zip(after, behind, strict=True)
                nobody = self._alone(NOBODY)
                behind = [nobody if one in points else who for one, who in known]
                self._edges[node] = after, behind

    def _alone(self, owner: str) -> frozenset[str]:
        """The set of one player; always the same object."""
        found = self._owners.get(owner)
        if found is None:
            found = self._owners[owner] = frozenset((owner,))
        return found

    def forget(self) -> None:
        """The pass is over."""
        self._edges, self._factors = {}, {}

    def count(self, call, plan: Plan, args, kwargs, made, node, at_work) -> None:
        """Count one product."""
        observer, log = self._observer, self._observer.log
        back = observer.back
        if node is None or back is None:
            running = observer.call
            owner = running.player if running else at_work or NOBODY
            n = plan.count(args, kwargs, made)
            place = running.place if running else here()
            log.flops[place, owner, "forward"] += n
            if running:
                running.flops += n
                if running.twin is not None:
                    log.wasted[place, owner, "forward"] += n
            return
        edges = self._edges.get(node)
        if edges is None:  # recomputed, or made by this very pass
            n = plan.count(args, kwargs, made)
            back.flops[at_work or NOBODY, "through", None] += n
        elif call._overloadpacket is CONVOLUTION_BACKWARD:
            self._convolution(plan, args, kwargs, made, edges[1], at_work, back)
        else:
            n = plan.count(args, kwargs, made)
            factors = self._factors.get(node)
            if factors is None:
                factors = self._factors[node] = _Factors(node, *edges)
            behind, weights = factors.next(at_work)
            self._add(back, behind, weights, n, at_work)

    def _convolution(self, plan, args, kwargs, made, edges, at_work, back) -> None:
        groups = args[9]
        for place, weights in ((0, False), (1, True)):
            if args[-1][place]:
                mask = [place == 0, place == 1, False]
                n = plan.count((*args[:-1], mask), kwargs, made)
                # torch counts the weights of grouped convolutions `groups` times
                self._add(
                    back, edges[place], weights, n // (groups if place else 1), at_work
                )

    def _add(self, back, behind, weights: bool, n: int, at_work) -> None:
        one = next(iter(behind)) if behind and len(behind) == 1 else NOBODY
        if weights and one:
            back.flops[one, "weights", behind] += n
        else:
            back.flops[at_work or one, "through", behind] += n


def _is_weight(node) -> bool:
    """Whether an edge leads to a weight, but for a transpose or a cast."""
    for _ in range(3):
        if node is None or hasattr(node, "variable"):
            return node is not None
        after = node.next_functions
        if len(after) != 1:
            return False
        node = after[0][0]
    return False


class _Factors:
    """The matrix products of one node's backward, and for which edge each is done.

    Parameters
    ----------
    node : autograd node
        The node.
    after : list of autograd nodes or None
        What its edges lead to.
    behind : list of (frozenset of str) or None
        The players whose weights lie behind each edge.
    """

    __slots__ = ("_adds", "_behind", "_done", "_of_weight", "_twice")

    def __init__(self, node, after: list, behind: list):
        name = node.name()
        self._twice = behind if "ConvolutionBackwardBackward" in name else None
        live = [one for one in behind if one is not None]
        factors = live[-2:] if len(live) > 2 else live
        if "Addmm" in name and len(live) == 2 and behind[0] is not None:
            factors = live[1:]  # the bias takes no product
        self._behind = factors
        self._of_weight = bool(live) and _is_weight(after[-1])
        self._adds = "add" in name.lower()
        self._done = -1

    def next(self, at_work: str | None) -> tuple[frozenset[str] | None, bool]:
        """The players behind the edge that the next product is for; if it is a weight.

        Parameters
        ----------
        at_work : str or None
            The player one of whose weights the product reads.
        """
        behind = self._behind
        if self._twice is not None:
            weights = at_work is None  # else the weight was read, for the way back
            return self._twice[2 if weights else 0], weights
        if not behind:
            return None, False
        last = len(behind) - 1
        if at_work is not None:  # a weight was read: the other factor's derivative
            return behind[0], last == 0 and self._of_weight
        if self._of_weight:
            return behind[last], True
        self._done += 1
        first = min(self._done, last)  # torch begins with the second, but for addmm
        return behind[first if self._adds else last - first], False
