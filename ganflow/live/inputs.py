"""The players, rules and numbers of one run, by the names that a page has for them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from ganflow.dynamics.loop import Rules
from ganflow.dynamics.players import Networks, Players
from ganflow.dynamics.rules import Memory, Rule, Tensors
from ganflow.dynamics.scalars import Scalars, Values
from ganflow.live.graph import Named
from ganflow.sweeps.settings import Setting
from ganflow.sweeps.stack import Stack


def stacked(setting: Setting) -> Players:
    """The players of one run, each of their numbers a tensor (1,).

    Parameters
    ----------
    setting : GameSetting or GanSetting
        The run.

    Returns
    -------
    Scalars or Networks
    """
    return Stack.of([setting], torch.device("cpu")).players


def choose(players: Players, loss: str, penalty: str) -> Players:
    """The same players under another loss and penalty.

    Parameters
    ----------
    players : Scalars or Networks
        As `stacked` makes them; they are not changed.
    loss : str
        A name of LOSSES.
    penalty : str
        A name of their PENALTIES.

    Returns
    -------
    Scalars or Networks
    """
    return changed(players, {"loss": loss, "penalty": penalty})


def numbers_of(players: Players) -> Named:
    """What a derivative reads besides parameters and a batch: `strength` and the like.

    Parameters
    ----------
    players : Scalars or Networks
        As `stacked` makes them.

    Returns
    -------
    dict of Tensor (1,)
    """
    holder = players.game if isinstance(players, Scalars) else players
    parts = {f.name: getattr(holder, f.name) for f in fields(holder)}
    return {name: part for name, part in parts.items() if isinstance(part, Tensor)}


def batch_of(players: Networks, player: str, n: int) -> Named:
    """Zeros in the place of a player's batch of n.

    Parameters
    ----------
    players : Networks
        As `stacked` makes them.
    player : str
        "G" or "D".
    n : int
        >= 1.

    Returns
    -------
    dict of Tensor (1, n, d)
        `x G`, `z G` and `mix G`.
    """
    wide = (players.start()["G"][-1].shape[-1], players.latent, 1)
    names = (f"x {player}", f"z {player}", f"mix {player}")
    return {name: torch.zeros(1, n, d) for name, d in zip(names, wide, strict=True)}


def named(prefix: str, values: Mapping[str, Tensors]) -> Named:
    """Tensors by name: `seen G0`, `seen G1`, ...

    Parameters
    ----------
    prefix : str
        What the name starts with; "" for the bare `G0`.
    values : dict of tuples of Tensor
        By player.

    Returns
    -------
    dict of Tensor
    """
    return {
        f"{prefix} {player}{k}".strip(): tensor
        for player, tensors in values.items()
        for k, tensor in enumerate(tensors)
    }


def rules_of(setting: Setting, given: Named) -> Rules:
    """The step rules of a setting, with numbers that are given.

    Parameters
    ----------
    setting : GameSetting or GanSetting
        Its rule and its epsilon count.
    given : dict of Tensor (1,)
        `step_size_G`, `step_size_D` and the rule's other numbers.

    Returns
    -------
    dict of Rule
    """
    return {
        player: replace(
            rule,
            step_size=given[f"step_size_{player}"],
            **{name: given[name] for name in rates_in(rule)},
        )
        for player, rule in setting.rules().items()
    }


def rates_of(setting: Setting) -> Named:
    """The numbers of a setting's rule, as `rules_of` reads them.

    Parameters
    ----------
    setting : GameSetting or GanSetting
        The run.

    Returns
    -------
    dict of Tensor (1,), float64
    """
    rates = {f"step_size_{player}": setting.step_of(player) for player in "GD"}
    rates |= {name: getattr(setting, name) for name in rates_in(setting.rules()["G"])}
    return {n: torch.tensor([x], dtype=torch.float64) for n, x in rates.items()}


def memory_of(setting: Setting) -> dict[str, Memory]:
    """What the setting's rule remembers of each player before its first move.

    Parameters
    ----------
    setting : GameSetting or GanSetting
        The run.

    Returns
    -------
    dict of dict of tuples of Tensor
        By player and name, all zero.

    Raises
    ------
    ValueError
        A memory that does not start at 0: a page clears it.
    """
    rules, values = rules_of(setting, rates_of(setting)), stacked(setting).start()
    memory = {player: rules[player].start(values[player]) for player in values}
    for name, held in [kept for own in memory.values() for kept in own.items()]:
        if any(tensor.any() for tensor in held):
            raise ValueError(
                f"the rule {setting.rule} starts with {name} other than 0; "
                "expected 0: a page starts a rule with a memory that is cleared"
            )
    return memory


def rates_in(rule: Rule) -> list[str]:
    """The numbers of a rule that are inputs besides its step size.

    Parameters
    ----------
    rule : Rule
        A step rule.

    Returns
    -------
    list of str
        Names of its fields.
    """
    names = [f.name for f in fields(rule)]
    return [name for name in names if name not in ("step_size", "epsilon")]


def values_of(prefix: str, given: Named) -> Values:
    """The tensors of a prefix by player, as `named` names them.

    Parameters
    ----------
    prefix : str
        What the names start with.
    given : dict of Tensor
        By name.

    Returns
    -------
    dict of tuples of Tensor
    """
    found: dict[str, list[Tensor]] = {"G": [], "D": []}
    for player, tensors in found.items():
        while (name := f"{prefix} {player}{len(tensors)}".strip()) in given:
            tensors.append(given[name])
    return {player: tuple(tensors) for player, tensors in found.items()}


def changed(players: Any, parts: Mapping[str, Any]) -> Any:
    """A copy with other parts, in its game too; `replace` would check all anew.

    Parameters
    ----------
    players : Scalars, Networks or Game
        They are not changed.
    parts : dict
        By the names of fields; other names are left out.

    Returns
    -------
    Scalars, Networks or Game
    """
    new = copy.copy(players)
    for name in (f.name for f in fields(players)):
        if name == "game":
            object.__setattr__(new, name, changed(players.game, parts))
        elif name in parts:
            object.__setattr__(new, name, parts[name])
    return new
