"""Who moves when: a schedule is data, and says what follows from it.

A *tick* is one pass of a schedule, a *turn* a set of players that move at once, a
*move* one update of one player.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ganflow.check import whole

PLAYERS = ("D", "G")
Turn = tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """One update in a tick: who moves, in which turn, and what it reads.

    Parameters
    ----------
    player : str
        "D" or "G".
    turn : int
        The number of its turn in the tick, from 0.
    own : int
        How many moves of this tick the player had made when the turn began; its update
        makes version own + 1.
    reads : int
        How many moves of this tick the opponent had made when the turn began.
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

    Parameters
    ----------
    G_forward : float
        Forward passes of G.
    D_forward : float
        Forward passes of D.
    D_weights : float
        Backward passes of D that end at its weights.
    D_input : float
        Backward passes of D that end at its input.
    G_backward : float
        Backward passes of G.
    """

    G_forward: float = 0
    D_forward: float = 0
    D_weights: float = 0
    D_input: float = 0
    G_backward: float = 0

    def __add__(self, other: Passes) -> Passes:
        return Passes(*(a + b for a, b in zip(self, other, strict=True)))

    def __iter__(self) -> Iterator[float]:
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
    name : str
        What pictures and tables call it.
    turns : tuple of tuples of str
        The turns in order, each of "D" and "G".

    Raises
    ------
    ValueError
        An unknown player, one that moves twice in a turn or never, no turn.
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

        Parameters
        ----------
        text : str
            Turns of D and G between spaces, in small or capital letters.

        Returns
        -------
        Schedule
            Named by its text.

        Raises
        ------
        ValueError
            Anything else.
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
        """The passes of a tick with fresh noise and one forward pass each turn.

        Players of one turn share their forward pass; scores of real and of fake count
        as two passes of D. A G whose loss reads the real scores (relativistic) needs
        one more in a turn of its own. `ganflow.cost` counts the same by hooks.
        """
        return sum((PASSES[frozenset(turn)] for turn in self.turns), Passes())

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(map(str, self.moves))}"


SIMULTANEOUS = Schedule("simultaneous", (("D", "G"),))
ALTERNATING = Schedule("alternating", (("D",), ("G",)))
ALTERNATING_G_FIRST = Schedule("alternating, G first", (("G",), ("D",)))


def critic_steps(n: int) -> Schedule:
    """Let D move several times, then G once.

    Parameters
    ----------
    n : int
        >= 1, moves of D. WGAN-GP uses 5.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        n below 1.

    Source: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1.
    """
    whole("n", n, least=1)
    return Schedule(f"{n} critic step{'s' * (n > 1)}", (("D",),) * n + (("G",),))


def generator_steps(n: int) -> Schedule:
    """Let D move once, then G several times.

    Parameters
    ----------
    n : int
        >= 1, moves of G.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError
        n below 1.
    """
    whole("n", n, least=1)
    return Schedule(f"{n} generator step{'s' * (n > 1)}", (("D",),) + (("G",),) * n)
