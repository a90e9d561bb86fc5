"""Floating-point operations, by line, player and kind of pass."""

from __future__ import annotations

from collections import deque

from ganflow.loop_audit.hub import Hub
from ganflow.loop_audit.places import here
from ganflow.loop_audit.plans import CONVOLUTION_BACKWARD, Plan

NOBODY = ""
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
        self._edges: dict = {}
        self._done: dict = {}
        self._asked: deque[int] = deque(maxlen=ASKED)

    def asks(self, node) -> None:
        """Say that a slope was taken at the values that a node of the graph made.

        They ask for a derivative by themselves: what goes to them is worked out for
        whoever made them, and just as well if nobody learns from it.
        """
        self._asked.append(node._sequence_nr())

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
        weights = self._observer.players.weights
        todo = [(node, False) for node in outputs]
        order, behind, leaves = [], {}, []
        while todo:
            node, ready = todo.pop()
            if ready:
                if hasattr(node, "variable"):
                    own = weights.get(id(node.variable))
                    if own is None:
                        leaves.append(node.variable)
                    behind[node] = frozenset((own[0] if own else NOBODY,))
                    continue
                found = frozenset()
                for after, _ in node.next_functions:
                    if after is not None:
                        other = behind[after]
                        found = other if not found or found == other else found | other
                behind[node] = found
                order.append(node)
            elif node not in behind:
                behind[node] = frozenset()
                todo.append((node, True))
                for after, _ in node.next_functions:
                    if after is not None and after not in behind:
                        todo.append((after, False))
        if self._asked:
            points = [node for node in order if node._sequence_nr() in self._asked]
            behind |= dict.fromkeys(points, frozenset((NOBODY,)))
        for node in order:
            self._edges[node] = [
                None if after is None else behind[after]
                for after, _ in node.next_functions
            ]
        return order, leaves

    def forget(self) -> None:
        """The pass is over."""
        self._edges, self._done = {}, {}

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
            self._convolution(plan, args, kwargs, made, edges, at_work, back)
        else:
            n = plan.count(args, kwargs, made)
            behind, weights = self._edge(node, edges, at_work)
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

    def _edge(self, node, edges, at_work) -> tuple[frozenset[str] | None, bool]:
        """For which edge a matrix product in a backward pass is, and if for weights."""
        if "ConvolutionBackwardBackward" in node.name():
            weights = at_work is None  # else the weight was read, for the way back
            return edges[2 if weights else 0], weights
        live = [behind for behind in edges if behind is not None]
        factors = live[-2:] if len(live) > 2 else live
        if "Addmm" in node.name() and len(live) == 2 and edges[0] is not None:
            factors = live[1:]  # the bias takes no product
        if not factors:
            return None, False
        last = len(factors) - 1
        if at_work is not None:  # a weight was read: the other factor's derivative
            return factors[0], last == 0 and _is_weight(node.next_functions[-1][0])
        if _is_weight(node.next_functions[-1][0]):
            return factors[last], True
        turn = self._done[node] = self._done.get(node, -1) + 1
        first = min(turn, last)  # torch begins with the second factor, but for addmm
        return factors[first if "add" in node.name().lower() else last - first], False

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
