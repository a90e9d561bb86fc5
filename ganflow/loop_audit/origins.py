"""What a value can remember: whose weights it was made from, and what was done to it.

A trail is a frozenset of these objects, each made once and compared by identity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ganflow.loop_report import Place

if TYPE_CHECKING:
    from ganflow.loop_audit.calls import Call
    from ganflow.loop_report.log import Backward

KEPT = 256  # of a trail that grows from tick to tick, such as an average's


class Origin:
    """The weights of one player at one version, as one call of a network read them."""

    __slots__ = ("call", "number", "player", "version")

    def __init__(self, number: int, player: str, version: int, call: Call | None):
        self.number = number
        self.player = player
        self.version = version
        self.call = call


class Derivative:
    """A backward pass that the value came out of.

    `dead` says that it was taken by an input and recorded no graph: a loss that adds it
    gets its number and no derivative.
    """

    __slots__ = ("back", "dead", "number")

    def __init__(self, number: int, back: Backward, *, dead: bool = False):
        self.number = number
        self.back = back
        self.dead = dead


class Scaled:
    """The factor of a gradient scaler, between two of its updates."""

    __slots__ = ("epoch", "number", "scaler")

    def __init__(self, number: int, scaler: int, epoch: int):
        self.number = number
        self.scaler = scaler
        self.epoch = epoch


class Blend:
    """A sum of what some network made and of data, outside of any network."""

    __slots__ = ("number", "place")

    def __init__(self, number: int, place: Place):
        self.number = number
        self.place = place


class Factor:
    """A factor with so many numbers, broadcast over a batch."""

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
