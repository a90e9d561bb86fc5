"""What a value can remember: whose weights it was made from, and what was done to it.

A trail is a frozenset of these objects, each made once and compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ganflow.loop_audit.node_ages import Age
from ganflow.loop_report import Place
from ganflow.loop_report.log import Backward

KEPT = 256  # of a trail that grows from tick to tick, such as an average's


class Torn(NamedTuple):
    """A backward pass, and the step since its graph was made that it reads past."""

    back: Place
    step: Place


class Origin:
    """The weights of one player at one version, as one call of a network read them."""

    __slots__ = ("call", "copy", "number", "player", "torn", "version")

    def __init__(
        self,
        number: int,
        player: str,
        version: int,
        call: Any,
        copy: Place | None = None,
        torn: Torn | None = None,
    ):
        self.number = number
        self.copy = copy  # where the weights had been copied, if a copy was read
        self.torn = torn  # read by a walk over what older weights had made
        self.player = player
        self.version = version
        self.call = call


class Derivative:
    """A backward pass that has given a weight's derivative."""

    __slots__ = ("back", "number")

    def __init__(self, number: int, back: Backward):
        self.number = number
        self.back = back


class Slope:
    """A derivative by an input: what a penalty is made from.

    A loss that adds it learns from it only if its own graph is walked, too.
    """

    __slots__ = ("back", "cut", "moves", "nodes", "number")

    def __init__(self, number: int, back: Backward, moves: int, nodes: frozenset[Age]):
        self.number = number
        self.back = back
        self.cut: Place | None = None  # where it was taken off its graph
        self.moves = moves  # made before it
        self.nodes = nodes  # the ages of its nodes; none where no graph was kept


class Scaled:
    """The factor of a gradient scaler, between two of its updates."""

    __slots__ = ("epoch", "number", "scaler")

    def __init__(self, number: int, scaler: int, epoch: int):
        self.number = number
        self.scaler = scaler
        self.epoch = epoch


class Rounded:
    """What a network made has become whole numbers, such as the index of a maximum."""

    __slots__ = ("number", "place", "player")

    def __init__(self, number: int, player: str, place: Place):
        self.number = number
        self.player = player
        self.place = place


class Blend:
    """A sum of what some network made and of data, outside of any network."""

    __slots__ = ("number", "place")

    def __init__(self, number: int, place: Place):
        self.number = number
        self.place = place


class Factor:
    """A factor of a batch, with so many numbers; 0 if all of its places have one."""

    __slots__ = ("count", "number")

    def __init__(self, number: int, count: int):
        self.number = number
        self.count = count


class Cleared:
    """Set to zero."""

    __slots__ = ("number",)

    def __init__(self):
        self.number = -1


Trail = frozenset
NOTHING: Trail = frozenset()
CLEARED = Cleared()


def youngest(trail: Iterable) -> Trail:
    """The newest part of a trail that has become too long."""
    return frozenset(sorted(trail, key=lambda one: one.number)[-KEPT:])
