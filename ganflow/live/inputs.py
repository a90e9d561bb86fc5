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
from ganflow.dynamics.rules import RULES, Memory, Rule, Tensors
from ganflow.dynamics.scalars import Scalars, Values
from ganflow.live.graph import Named
from ganflow.sweeps.settings import Setting
from ganflow.sweeps.stack import Stack

PARTS = ("x", "z", "mix")  # of a batch


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


def changed(players: Any, parts: Mapping[str, Any]) -> Any:
    """A copy with other fields, in its game too; `replace` would check all anew.

    Names that are no fields are left out.
    """
    new = copy.copy(players)
    for name in (f.name for f in fields(players)):
        if name == "game":
            object.__setattr__(new, name, changed(players.game, parts))
        elif name in parts:
            object.__setattr__(new, name, parts[name])
    return new


def numbers_of(players: Players) -> Named:
    """What a derivative reads besides parameters and a batch: `strength` and the like.

    Tensors (1,), as `stacked` makes them.
    """
    holder = players.game if isinstance(players, Scalars) else players
    parts = {f.name: getattr(holder, f.name) for f in fields(holder)}
    return {name: part for name, part in parts.items() if isinstance(part, Tensor)}


def batch_of(players: Networks, player: str, n: int) -> Named:
    """Zeros in the place of a player's batch of n, (1, n, d): `x G`, `z G`, `mix G`."""
    wide = (players.start()["G"][-1].shape[-1], players.latent, 1)
    widths = zip(PARTS, wide, strict=True)
    return {f"{part} {player}": torch.zeros(1, n, d) for part, d in widths}


def named(prefix: str, values: Mapping[str, Tensors]) -> Named:
    """Tensors of players by name: `seen G0`, `seen G1`, ...; without prefix `G0`."""
    return {
        f"{prefix} {player}{k}".strip(): tensor
        for player, tensors in values.items()
        for k, tensor in enumerate(tensors)
    }


def values_of(prefix: str, given: Named) -> Values:
    """The tensors of a prefix by player: what `named` has named."""
    found: dict[str, list[Tensor]] = {"G": [], "D": []}
    for player, tensors in found.items():
        while (name := f"{prefix} {player}{len(tensors)}".strip()) in given:
            tensors.append(given[name])
    return {player: tuple(tensors) for player, tensors in found.items()}


def rates_of(setting: Setting) -> Named:
    """The numbers of a setting's rule but epsilon, as tensors (1,) of float64."""
    rates = {f"step_size_{player}": setting.step_of(player) for player in "GD"}
    rates |= {name: getattr(setting, name) for name in read_by(RULES[setting.rule])}
    return {n: torch.tensor([x], dtype=torch.float64) for n, x in rates.items()}


def rules_of(setting: Setting, given: Named) -> Rules:
    """The step rules of a setting, with numbers as `rates_of` names them."""
    return {
        player: replace(
            rule,
            step_size=given[f"step_size_{player}"],
            **{name: given[name] for name in read_by(type(rule))},
        )
        for player, rule in setting.rules().items()
    }


def read_by(rule: type[Rule]) -> list[str]:
    """The numbers that a page lets one choose for a rule, besides its step size."""
    names = [f.name for f in fields(rule)]
    return [name for name in names if name not in ("step_size", "epsilon")]


def memory_of(setting: Setting) -> dict[str, Memory]:
    """What the setting's rule remembers of each player before its first move: zeros.

    A ValueError says if it is no zeros: a page clears the memory of a rule.
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
