"""Whose step follows which loss."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ganflow.records.checks import check_dict


def steps_after(
    losses: Collection[str],
    players: Collection[str],
    steps: Mapping[str, str | Collection[str]] | None = None,
) -> dict[str, frozenset[str]]:
    """For each loss, the players that the step after it updates.

    Parameters
    ----------
    losses : names
        All losses.
    players : names
        All players.
    steps : dict of loss -> player or players, or None
        Whom the step after a loss updates; () where no step follows. A loss that is not
        in it is followed by the step of the player in its name: loss_D by D's.

    Returns
    -------
    dict of loss -> frozenset of players
        An entry for every loss, in the order of `losses`.

    Raises
    ------
    TypeError
        `steps` is no dict, or a step is neither a name nor names.
    ValueError
        `steps` names an unknown loss or player, or leaves out a loss that is not named
        after a player.
    """
    steps = {} if steps is None else steps
    check_dict("steps", steps, '{"loss_D": "D"}')
    if unknown := [loss for loss in steps if loss not in losses]:
        raise ValueError(f"steps names {unknown[0]!r}; the losses are {_list(losses)}")
    return {loss: _stepped(loss, players, steps) for loss in losses}


def _stepped(
    loss: str, players: Collection[str], steps: Mapping[str, str | Collection[str]]
) -> frozenset[str]:
    stepped = steps.get(loss, loss.removeprefix("loss_"))
    if loss not in steps and stepped not in players:
        words = re.split(r"[\W_]+", loss)
        named = [player for player in players if player in words]
        guess = repr(named[0]) if len(named) == 1 else "..."
        raise ValueError(
            f"which player does the step after {loss!r} update? It is not named "
            f"after one of {_list(players)}: say so with steps={{{loss!r}: {guess}}}"
        )
    if not isinstance(stepped, Collection):
        raise TypeError(
            f"steps[{loss!r}] is {stepped!r}: name a player or several, or give () "
            "where no step follows"
        )
    stepped = frozenset([stepped] if isinstance(stepped, str) else stepped)
    if unknown := stepped - set(players):
        raise ValueError(
            f"steps[{loss!r}] names {min(unknown)!r}; the players are {_list(players)}"
        )
    return stepped


def _list(names: Collection[str]) -> str:
    return ", ".join(names) or "none"
