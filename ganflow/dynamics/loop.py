"""Make it happen: one loop for games of two numbers and for networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from tqdm.auto import tqdm

from ganflow.check import whole
from ganflow.dynamics.players import Players
from ganflow.dynamics.rules import RULES, Memory, Moved, Rule
from ganflow.dynamics.scalars import Count, Values
from ganflow.records.history import History
from ganflow.schedule import Schedule, Turn

Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class State:
    """Where a run is.

    Parameters
    ----------
    values : dict of tuples of Tensor
        The parameters of "G" and of "D".
    memory : dict of dict
        What the rule of each remembers.
    moves : dict of int or array (runs,)
        How many moves each has made.
    """

    values: Values
    memory: dict[str, Memory]
    moves: dict[str, Count]


def play(
    players: Players,
    schedule: Schedule,
    *,
    rule: Rule | Rules,
    ticks: int,
    record_every: int = 1,
    each_turn: bool = False,
    progress: bool = False,
) -> History:
    """Let the players move as the schedule says, and record what happens.

    Parameters
    ----------
    players : Scalars or Networks
        Who plays, and from where.
    schedule : Schedule
        Who moves when in a tick.
    rule : Rule or dict of Rule
        A step rule for both, or one for each, {"G": ..., "D": ...}.
    ticks : int
        >= 0, how often the schedule is played.
    record_every : int, default 1
        >= 1, ticks between records; the last tick is recorded in any case.
    each_turn : bool, default False
        Whether to record after every turn, not only after whole ticks.
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    History
        Its first record is from before the first move. A run that diverges is played
        on: its records are NaN or infinite.

    Raises
    ------
    ValueError
        ticks below 0, record_every below 1, a player without a rule.

    Gradient: each move differentiates the mover's own loss by its own parameters, read
    at the start of the turn; nothing else. The networks' own weights stay as they were.
    """
    whole("ticks", ticks, least=0)
    whole("record_every", record_every, least=1)
    rules = both(rule)
    state, records, begun = begin(players, rules), [], perf_counter()

    def record(tick: int, turn: int = 0) -> None:
        seen = {k: v.cpu().numpy() for k, v in players.observe(state.values).items()}
        records.append((tick, turn, perf_counter() - begun, seen))

    record(0)
    for tick in tqdm(range(1, ticks + 1), disable=not progress, unit="tick"):
        for number, turn in enumerate(schedule.turns, start=1):
            state = take(turn, players, rules, state)
            if each_turn and number < len(schedule.turns):
                record(tick - 1, number)
        if tick % record_every == 0 or tick == ticks:
            record(tick)
    at, turns, seconds, seen = zip(*records, strict=True)
    series = {name: np.stack([s[name] for s in seen]) for name in seen[0]}
    return History(
        schedule.name, np.array(at), np.array(turns), series, np.array(seconds)
    )


def both(rule: Rule | Rules) -> Rules:
    """A rule for each player.

    Parameters
    ----------
    rule : Rule or dict of Rule
        A step rule for both, or one for each, {"G": ..., "D": ...}.

    Returns
    -------
    dict of Rule

    Raises
    ------
    ValueError
        What is no rule, or a player without one.
    """
    if isinstance(rule, Rule):
        return {"G": rule, "D": rule}
    if not isinstance(rule, Mapping) or set(rule) != {"G", "D"}:
        raise ValueError(
            f"rule is {rule!r}; expected a step rule for both, or one for each as "
            "{'G': ..., 'D': ...}"
        )
    for player, own in rule.items():
        if not isinstance(own, Rule):
            kinds = ", ".join(kind.__name__ for kind in RULES.values())
            raise ValueError(
                f"rule[{player!r}] is {own!r}; expected a step rule: one of {kinds}"
            )
    return rule


def begin(players: Players, rules: Rules) -> State:
    """Where a run is before its first move.

    Parameters
    ----------
    players : Scalars or Networks
        Who plays, and from where.
    rules : dict of Rule
        The step rule of "G" and of "D", as `both` makes them.

    Returns
    -------
    State
    """
    values = players.start()
    memory = {player: rules[player].start(values[player]) for player in values}
    return State(values, memory, {player: 0 for player in values})


def take(
    turn: Turn, players: Players, rules: Rules, state: State, *, graph: bool = False
) -> State:
    """One turn: its players move at once, each reading the state as it was before.

    Parameters
    ----------
    turn : tuple of str
        Who moves.
    players : Scalars or Networks
        Who plays.
    rules : dict of Rule
        The step rule of "G" and of "D".
    state : State
        Where the run is. It is not changed.
    graph : bool, default False
        Whether the new state is to be differentiable by the old one.

    Returns
    -------
    State

    Gradient: cut between turns, unless graph=True: then the new state is differentiable
    by the old one.
    """
    moved = {
        player: move(player, players, rules, state, graph=graph) for player in turn
    }
    return State(
        state.values | {player: m.params for player, m in moved.items()},
        state.memory | {player: m.memory for player, m in moved.items()},
        state.moves | {player: state.moves[player] + 1 for player in turn},
    )


def move(
    player: str, players: Players, rules: Rules, state: State, *, graph: bool = False
) -> Moved:
    """What one player's move would make of its parameters; `state` is not changed.

    Parameters
    ----------
    player : str
        "G" or "D".
    players : Scalars or Networks
        Who plays.
    rules : dict of Rule
        The step rule of "G" and of "D".
    state : State
        Where the run is.
    graph : bool, default False
        Whether the new parameters are to be differentiable by the old state.

    Returns
    -------
    Moved

    Gradient: the player's own loss by its own parameters; cut at everything else,
    unless graph=True.
    """
    values, number = state.values, state.moves[player]
    if rules[player].looks_ahead:
        values = _ahead(players, rules, state, number, graph)
    grads = players.gradient(player, values, number, graph=graph)
    rule, memory = rules[player], state.memory[player]
    moved = rule.move(state.values[player], grads, memory)
    return replace(moved, params=players.project(player, moved.params))


def _ahead(
    players: Players, rules: Rules, state: State, number: Count, graph: bool
) -> Values:
    """Where both players would stand, had each taken its step from here."""
    stepped = {}
    for player, params in state.values.items():
        grads = players.gradient(player, state.values, number, graph=graph)
        moved = rules[player].move(params, grads, state.memory[player])
        stepped[player] = players.project(player, moved.params)
    return stepped
