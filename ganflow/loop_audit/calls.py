"""The calls of the players' networks: who runs now, on what."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field

from torch import nn

from ganflow.loop_audit.origins import NOTHING, Origin, Trail
from ganflow.loop_report import Place


@dataclass(eq=False)
class Call:
    """One forward call of a player's network, or of a part of it.

    Parameters
    ----------
    number : int
        From 0.
    player : str
        Whose network.
    version : int
        Of the player's weights when the call began.
    module : weakref.ref of nn.Module
        What was called. Trails lead to calls, and gradients' memory to trails: held
        strongly, a network and its gradients would keep each other for good.
    place : Place
        The line.
    whole : bool
        The module is one that was given, not a part of it.
    grad : bool
        Grad mode was on.
    frozen : bool
        No weight of the module wants a derivative.
    """

    number: int
    player: str
    version: int
    module: weakref.ref[nn.Module]
    place: Place
    whole: bool
    grad: bool
    frozen: bool
    depth: int = 0
    origin: Origin | None = None
    trail: Trail = NOTHING  # of its origin alone
    made_by: frozenset[str] = frozenset()  # players whose weights made the input
    cut_from: frozenset[str] = frozenset()  # those of them that no derivative reaches
    cut_at: Place | None = None
    rows: list[tuple[int, int, str | None]] = field(default_factory=list)
    normed: bool = False  # it used the statistics of its batch
    in_eval: bool = False
    autocast: bool = False
    ended: Place | None = None  # where what it made was first taken off its history
    walked: bool = False  # a backward pass went through it
    scores: bool = False  # its output wants a derivative
    flops: int = 0
    twin: Call | None = None  # an earlier call: same weights, same input

    @property
    def mixed(self) -> bool:
        """Its batch holds data and samples."""
        return len({maker for _, _, maker in self.rows}) > 1
