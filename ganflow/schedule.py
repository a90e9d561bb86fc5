"""Who moves when: a schedule is data, and says what follows from it.

A *tick* is one pass of a schedule, a *turn* a set of players that move at once, a
*move* one update of one player. Taught in book/04.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

PLAYERS = ("D", "G")
Turn = tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """One update in a tick: who moves, in which turn, and what it reads.

    reads : how many moves of this tick the opponent had made when the turn began.
    own : the same of the player itself; its update makes version own + 1.
    """

    player: str
    turn: int
    own: int
    reads: int

    @property
    def opponent(self) -> str:
        """The other player's name."""
        return "G" if self.player == "D" else "D"

    def __str__(self) -> str:
        return f"{self.player} reads {self.opponent}{self.reads}"


@dataclass(frozen=True)
class Passes:
    """Passes through whole networks, each over one batch.

    D_weights, D_input : backward passes of D that end at its weights, at its input.
    """

    G_forward: int = 0
    D_forward: int = 0
    D_weights: int = 0
    D_input: int = 0
    G_backward: int = 0

    def __add__(self, other: Passes) -> Passes:
        return Passes(*(a + b for a, b in zip(self, other, strict=True)))

    def __iter__(self):
        return iter(vars(self).values())


PASSES = {
    frozenset("D"): Passes(G_forward=1, D_forward=2, D_weights=2),
    frozenset("G"): Passes(G_forward=1, D_forward=1, D_input=1, G_backward=1),
    frozenset("DG"): Passes(1, 2, D_weights=2, D_input=1, G_backward=1),
}


@dataclass(frozen=True)
class Schedule:
    """One tick of play: turns in order; the players of a turn read its start.

    Parameters
    ----------
    name : what pictures and tables call it
    turns : tuple of turns, each a tuple of "D" and "G"

    Raises
    ------
    ValueError : an unknown player, one that moves twice in a turn or never, no turn.
    """

    name: str
    turns: tuple[Turn, ...]

    def __post_init__(self):
        turns = tuple(tuple(turn) for turn in self.turns)
        object.__setattr__(self, "turns", turns)
        for turn in turns:
            if not turn or set(turn) - set(PLAYERS) or len(set(turn)) < len(turn):
                raise ValueError(
                    f"{self.name}: a turn is ('D',), ('G',) or ('D', 'G'), got {turn}"
                )
        if {player for turn in turns for player in turn} != set(PLAYERS):
            raise ValueError(
                f"{self.name}: D and G must both move in a tick, got {turns}"
            )

    @classmethod
    def from_text(cls, text: str) -> Schedule:
        """Read "D D G" (three turns) or "DG" (one turn, both at once).

        Raises
        ------
        ValueError : anything else than turns of D and G between spaces.
        """
        turns = tuple(tuple(word) for word in text.upper().split())
        return cls(" ".join("".join(turn) for turn in turns) or "empty", turns)

    @property
    def text(self) -> str:
        """The turns as `from_text` reads them."""
        return " ".join("".join(turn) for turn in self.turns)

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves of a tick in order, each with the versions that it reads."""
        made, moves = Counter(), []
        for number, turn in enumerate(self.turns):
            for player in turn:
                other = "G" if player == "D" else "D"
                moves.append(Move(player, number, made[player], made[other]))
            made.update(turn)
        return tuple(moves)

    @property
    def passes(self) -> Passes:
        """The passes a tick needs: fresh noise each turn, one forward pass a turn.

        Players of one turn share their forward pass; scores of real and of fake count
        as two passes of D. `ganflow.cost` counts the same by hooks.
        """
        return sum((PASSES[frozenset(turn)] for turn in self.turns), Passes())

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.moves))}"


SIMULTANEOUS = Schedule("simultaneous", (("D", "G"),))
ALTERNATING = Schedule("alternating", (("D",), ("G",)))
ALTERNATING_G_FIRST = Schedule("alternating, G first", (("G",), ("D",)))


def critic_steps(n: int) -> Schedule:
    """`n` moves of D, then one of G; n >= 1. WGAN-GP uses 5 (arXiv 1704.00028)."""
    return _repeated("critic", "D", n)


def generator_steps(n: int) -> Schedule:
    """One move of D, then `n` of G; n >= 1."""
    return _repeated("generator", "G", n)


def _repeated(role: str, player: str, n: int) -> Schedule:
    if n < 1:
        raise ValueError(f"the number of {role} steps is at least 1, got {n}")
    turns = (("D",),) * (n if player == "D" else 1) + (("G",),) * (
        n if player == "G" else 1
    )
    return Schedule(f"{n} {role} step{'s' * (n > 1)}", turns)
