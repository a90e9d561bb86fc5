"""Where one loss goes under each cut and each freeze, and who learns: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import isfinite

from ganflow.records.flow import FlowCell

PLAYERS = ("G", "D")


@dataclass(frozen=True)
class Link:
    """A value on its way to the next network or the loss, and what comes back to it.

    Parameters
    ----------
    norm : float or None
        Euclidean norm of the loss's derivative by the value; None if none arrives.
    cut : bool
        It was computed from weights that may learn, and its history was dropped.
    """

    norm: float | None
    cut: bool

    @property
    def state(self) -> str:
        """live, cut, or beyond (nothing was dropped here, and nothing arrives)."""
        return "cut" if self.cut else "beyond" if self.norm is None else "live"


@dataclass(frozen=True)
class FlowState:
    """One program as it ran: forward, `backward()` of one loss, one player's step.

    Parameters
    ----------
    code : tuple of str
        Its lines.
    changed : tuple of int
        The places of those lines that the cut or the freeze wrote.
    loss : str
        "loss_D" or "loss_G".
    frozen : tuple of str
        Whose weights take no gradient; empty if nobody's.
    cells : mapping from str to FlowCell
        By player, what the loss sends there, as in a flow table.
    links : mapping from str to Link
        By name: x_fake, score_fake and, for loss_D, score_real.
    moved : mapping from str to float
        By player, length of the change of its parameters.
    error : str
        What torch said when `backward()` raised; empty if it did not.
    """

    code: tuple[str, ...]
    changed: tuple[int, ...]
    loss: str
    frozen: tuple[str, ...]
    cells: Mapping[str, FlowCell]
    links: Mapping[str, Link]
    moved: Mapping[str, float]
    error: str = ""

    @property
    def own(self) -> str:
        """The player whose step follows the loss."""
        return self.loss.removeprefix("loss_")

    @property
    def verdict(self) -> str:
        """Who learns, in a few words; without a full stop where `why` goes on."""
        if self.error:
            return f"{self.loss}.backward() raises"
        if not self._learns:
            return f"{self.own} learns nothing:"
        if "score_real" in self.links and self.links["score_fake"].norm is None:
            return f"{self.own} learns from x_real only."
        return f"{self.own} learns."

    @property
    def why(self) -> str:
        """Why, and what becomes of the gradient that the step does not take."""
        own, (other,) = self.own, set(PLAYERS) - {self.own}
        if self.error:
            left = f"no path is left from {self.loss} to a weight that may learn"
            return f"“{self.error.strip()}”: {left}."
        told = []
        if not self._learns:
            told.append(f"{self._cause(own)}, and opt_{own}.step() raises no error.")
        if self.cells[other].norm is None:
            through = other == "D" and self.links["x_fake"].norm is not None
            lets = ", and lets the gradient through" if through else ""
            told.append(f"{other} gets nothing: {self._cause(other)}{lets}.")
        else:
            told.append(
                f"What arrives in {other} is left behind: it adds to {other}’s next "
                "gradient, unless zero_grad clears it."
            )
        return " ".join(told)

    def fate(self, player: str) -> str:
        """What becomes of what arrives at the player, or why nothing does."""
        cell = self.cells[player]
        if cell.norm is not None:
            return f"{player}’s step takes it" if cell.stepped else "left behind"
        if player in self.frozen:
            return "frozen"
        return f"cut: {cell.why}" if cell.state == "cut" else cell.why

    @property
    def _learns(self) -> bool:
        """Whether a gradient that is a number arrived, and the step could apply it."""
        norm = self.cells[self.own].norm
        return bool(norm) and isfinite(norm) and bool(self.moved[self.own])

    def _cause(self, player: str) -> str:
        cell = self.cells[player]
        if player in self.frozen:
            return "it is frozen"
        if cell.norm is None:
            if cell.state == "no path":
                return "no path leads there"
            if cell.state == "not seen":
                return f"its path was {cell.why}"
            one = cell.why.isidentifier()  # detach, no_grad: and else a few words
            return (
                f"{cell.why} cuts its path" if one else f"its path is cut: {cell.why}"
            )
        if cell.norm and isfinite(cell.norm):
            return "its step is lost in the rounding of its weights"
        return f"its gradient is {'exactly 0' if cell.norm == 0.0 else cell.norm}"


@dataclass(frozen=True)
class FlowPicture:
    """Every combination of a loss, a cut and a freeze.

    Parameters
    ----------
    losses : tuple of str
        Their names.
    cuts : tuple of str
        Their names.
    freezes : tuple of str
        Their names.
    states : mapping from (str, str, str) to FlowState
        By loss, cut and freeze.

    Raises
    ------
    ValueError
        A combination that is named and not recorded, or recorded and not named.
    """

    losses: tuple[str, ...]
    cuts: tuple[str, ...]
    freezes: tuple[str, ...]
    states: Mapping[tuple[str, str, str], FlowState]

    def __post_init__(self):
        wanted = set(product(self.losses, self.cuts, self.freezes))
        if wanted != set(self.states):
            odd = min(wanted ^ set(self.states))
            raise ValueError(
                f"{odd} is recorded or asked for, not both: record each of "
                f"{len(wanted)} combinations of loss, cut and freeze"
            )
