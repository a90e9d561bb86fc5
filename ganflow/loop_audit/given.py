"""Players that the user gives, by paths of variables: `--player G=trainer.netG`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ganflow.loop_audit.kinds import Kind
from ganflow.loop_audit.variables import look_up, users_frames, variables

SHOWN = 8  # variables in a message


def members_at(paths: Iterable[str], kind: Kind) -> list[Any]:
    """The networks and weights that paths lead to now.

    Parameters
    ----------
    paths : iterable of str
        Of one player.
    kind : Kind
        What a network is.

    Returns
    -------
    list
        Empty if one of the paths leads to none.
    """
    frames = users_frames()
    found = [_members(look_up(path, frames, kind), kind) for path in paths]
    return [one for some in found for one in some] if all(found) else []


def nowhere(name: str, paths: Sequence[str], kind: Kind) -> str:
    """Say that a path of a player leads nowhere, and where it could lead.

    Parameters
    ----------
    name : str
        The player.
    paths : sequence of str
        As they were given.
    kind : Kind
        What a network is.

    Returns
    -------
    str
        A sentence.
    """
    path = next(path for path in paths if not members_at([path], kind))
    held = dict.fromkeys(
        variable.text
        for value, variable in variables(users_frames(), kind)
        if issubclass(type(value), kind.networks) and len(variable.path) < 3
    )
    shown = ", ".join(list(held)[:SHOWN]) or "no network"
    return (
        f"--player {name}={','.join(paths)}: at the first step {path} leads to no "
        f"network and no weight; what variables hold there: {shown}"
    )


def _members(value: object, kind: Kind) -> list[Any]:
    if issubclass(type(value), (*kind.networks, *kind.tensors)):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [one for inner in value for one in _members(inner, kind)]
    return []
