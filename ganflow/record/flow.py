"""The book's table: rows are losses, columns are players."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FlowCell:
    """What one loss sends to one player.

    norm : Euclidean norm of the derivative over the player's parameters, or None when
        no derivative arrives at any of them.
    reached, total : parameters (tensors) that receive a derivative, and all of them.
    stepped : the training step that follows this loss updates this player.
    why : when norm is None, what cut the path ("detach", "frozen parameter", …), or
        "no path" where there never was one; empty when nobody watched.
    """

    norm: float | None
    reached: int
    total: int
    stepped: bool
    why: str = ""

    @property
    def state(self) -> str:
        """ "cut", "zero", "stepped" or "left behind" (arrives, and no step takes it)."""
        if self.norm is None:
            return "cut"
        if self.norm == 0.0:
            return "zero"
        return "stepped" if self.stepped else "left behind"


@dataclass(frozen=True)
class Flow:
    """Which loss reaches whose parameters: `table["loss_G", "D"]` is a `FlowCell`."""

    losses: tuple[str, ...]
    players: tuple[str, ...]
    cells: Mapping[tuple[str, str], FlowCell]

    def __getitem__(self, where: tuple[str, str]) -> FlowCell:
        return self.cells[where]
