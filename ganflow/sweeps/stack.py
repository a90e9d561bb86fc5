"""Many runs of one program as one: players, rules and state with a row for each run.

Nothing here knows a loss or a step rule: `play`'s own players and rules compute with
tensors (runs, ...), and `Stack.tick` only says which rows move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganflow.dynamics import Networks, Scalars
from ganflow.dynamics.loop import Rules, State, move
from ganflow.dynamics.players import Players
from ganflow.dynamics.rules import Moved, Rule, Tensors
from ganflow.dynamics.scalars import Count
from ganflow.games import Game
from ganflow.schedule import Schedule, Turn
from ganflow.sweeps.settings import Setting

IN_ROWS = (Scalars, Networks, Game, Rule, State)


@dataclass(frozen=True)
class Mover:
    """The runs in which a player moves in one turn, with their players and rules.

    Parameters
    ----------
    player : str
        "G" or "D".
    rows : array (n,) or None
        The runs' numbers; None if it is every run.
    players : Scalars or Networks
        Those of these runs.
    rules : dict of Rule
        Those of these runs.
    """

    player: str
    rows: np.ndarray | None
    players: Players
    rules: Rules

    def move(self, state: State) -> Moved:
        """What their moves would make of their parameters; `state` is not changed."""
        return move(self.player, self.players, self.rules, at_rows(state, self.rows))


@dataclass
class Stack:
    """Runs of one program, all at the same tick.

    Parameters
    ----------
    players : Scalars or Networks
        As one run's, with numbers (runs,).
    state : State
        Where the runs are.
    turns : list of lists of Mover
        For each turn of the longest schedule, who moves in which runs.
    """

    players: Players
    state: State
    turns: list[list[Mover]]

    @classmethod
    def of(cls, settings: Sequence[Setting], device: torch.device) -> Stack:
        """The runs of some settings that share a program, before their first move."""
        each = [setting.players() for setting in settings]
        starts = [players.start() for players in each]
        values = {
            player: tuple(
                torch.stack(same).to(device)
                for same in zip(*(start[player] for start in starts), strict=True)
            )
            for player in "GD"
        }
        rules = {
            player: _joined([setting.rules()[player] for setting in settings], device)
            for player in "GD"
        }
        players = _joined(each, device)
        memory = {player: rules[player].start(values[player]) for player in "GD"}
        moves: dict[str, Count] = {p: np.zeros(len(settings), int) for p in "GD"}
        turns = _movers([s.schedule for s in settings], players, rules)
        return cls(players, State(values, memory, moves), turns)

    def tick(self) -> None:
        """One pass of every run's schedule; movers of one turn read its start.

        Gradient: as in `play`, cut between turns.
        """
        for movers in self.turns:
            moved = [(mover, mover.move(self.state)) for mover in movers]
            for mover, after in moved:
                self._write(mover, after)

    def _write(self, mover: Mover, after: Moved) -> None:
        state, player, rows = self.state, mover.player, mover.rows
        values = _written(state.values[player], after.params, rows)
        memory = {
            name: _written(old, after.memory[name], rows)
            for name, old in state.memory[player].items()
        }
        moves = np.array(state.moves[player])
        moves[slice(None) if rows is None else rows] += 1
        self.state = State(
            state.values | {player: values},
            state.memory | {player: memory},
            state.moves | {player: moves},
        )


def at_rows(value: Any, rows: np.ndarray | None) -> Any:
    """The same with some of the runs: every number (runs, ...) in it, at `rows`."""
    if rows is None:
        return value
    if isinstance(value, Tensor):
        return value[torch.from_numpy(rows).to(value.device)] if value.ndim else value
    if isinstance(value, np.ndarray):
        return value[rows]
    if isinstance(value, tuple):
        return tuple(at_rows(part, rows) for part in value)
    if isinstance(value, dict):
        return {name: at_rows(part, rows) for name, part in value.items()}
    if isinstance(value, IN_ROWS):
        return replace(value, **{k: at_rows(v, rows) for k, v in _parts(value)})
    return value


def _joined(values: list, device: torch.device) -> Any:
    """One value for all runs: numbers become tensors (runs,), the rest is the first's.

    Seeds stay a numpy array, they are read on the CPU. Rules keep float64 and round
    where they multiply; a strength has the networks' float32.
    """
    first = values[0]
    dtype = torch.float32 if isinstance(first, Networks) else torch.float64
    new = {}
    for name, part in _parts(first):
        parts = [getattr(value, name) for value in values]
        if name == "seed":
            new[name] = np.array(parts)
        elif isinstance(part, float) and name != "epsilon":
            new[name] = torch.tensor(parts, dtype=dtype, device=device)
        elif isinstance(part, IN_ROWS):
            new[name] = _joined(parts, device)
        elif isinstance(part, torch.nn.Module):
            new[name] = part.to(device)
    return replace(first, **new)


def _movers(
    schedules: list[Schedule], players: Players, rules: Rules
) -> list[list[Mover]]:
    """Who moves in which runs, for each turn of the longest schedule."""
    turns = []
    for number in range(max(len(schedule.turns) for schedule in schedules)):
        movers = []
        for player in "GD":
            moves = [player in _turn(schedule, number) for schedule in schedules]
            rows = None if all(moves) else np.flatnonzero(moves)
            if rows is None or len(rows):
                some = (at_rows(players, rows), at_rows(rules, rows))
                movers.append(Mover(player, rows, *some))
        turns.append(movers)
    return turns


def _turn(schedule: Schedule, number: int) -> Turn:
    """Who moves in that turn; nobody after the last."""
    return schedule.turns[number] if number < len(schedule.turns) else ()


def _written(old: Tensors, new: Tensors, rows: np.ndarray | None) -> Tensors:
    """`old` with `new` at the rows; `old` is not changed."""
    if rows is None:
        return new
    return tuple(
        a.index_copy(0, torch.from_numpy(rows).to(a.device), b)
        for a, b in zip(old, new, strict=True)
    )


def _parts(value: Any) -> list[tuple[str, Any]]:
    return [(f.name, getattr(value, f.name)) for f in fields(value)]
