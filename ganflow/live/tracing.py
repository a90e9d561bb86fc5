"""The graphs of what the package does in a move, with every number an input.

Nothing here knows a loss, a penalty or a step rule: `ganflow.dynamics` computes, and
`graph.trace` writes down which operators it called.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, cast

import torch
from torch import Tensor, nn

from ganflow.dynamics.batches import Batch
from ganflow.dynamics.functional import call
from ganflow.dynamics.loop import Rules, State, move
from ganflow.dynamics.players import Networks, Players
from ganflow.dynamics.rules import Memory, Rule, Tensors
from ganflow.dynamics.scalars import Scalars, Values
from ganflow.live.graph import Named, Trace, trace
from ganflow.sweeps.settings import Setting
from ganflow.sweeps.stack import Stack

PROJECTED = ("D",)  # whose parameters a penalty may put back, such as clipping


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
    return _changed(players, {"loss": loss, "penalty": penalty})


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
            **{name: given[name] for name in _rates(rule)},
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
    rates |= {name: getattr(setting, name) for name in _rates(setting.rules()["G"])}
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


def trace_derivative(players: Players, player: str) -> Trace:
    """The derivative that a player follows, as the package takes it.

    Parameters
    ----------
    players : Scalars or Networks
        As `stacked` makes them.
    player : str
        "G" or "D".

    Returns
    -------
    Trace
        From both players' parameters `seen G0`..., the numbers and, for networks, the
        player's batch, to `slope G0`... or `slope D0`...

    Gradient: the player's own loss by its own parameters.
    """
    example = named("seen", players.start()) | numbers_of(players)
    if isinstance(players, Networks):
        example |= batch_of(players, player, players.batch)

    def slope(given: Named) -> Named:
        values, who = _values("seen", given), _changed(players, given)
        if isinstance(who, Scalars):
            return named("slope", {player: who.gradient(player, values)})
        read = Batch(*(given[f"{part} {player}"] for part in ("x", "z", "mix")))
        return named("slope", {player: who.gradient_on(read, player, values)})

    return trace(slope, example)


def trace_projection(players: Players, player: str) -> Trace:
    """What the players make of the parameters that a move proposes.

    Parameters
    ----------
    players : Scalars or Networks
        As `stacked` makes them.
    player : str
        "G" or "D".

    Returns
    -------
    Trace
        From `proposed D0`... and the numbers to `projected D0`...
    """
    params = players.start()[player]
    example = named("proposed", {player: params}) | numbers_of(players)

    def projected(given: Named) -> Named:
        params = _values("proposed", given)[player]
        found = _changed(players, given).project(player, params)
        return named("projected", {player: found})

    return trace(projected, example)


def trace_move(setting: Setting, player: str) -> Trace:
    """One whole move, `ganflow.dynamics.loop.move`, under any loss and any penalty.

    Derivatives and projections are the operators `ganflow_live::derivative` and
    `ganflow_live::project`.

    Parameters
    ----------
    setting : GameSetting or GanSetting
        Its rule, its sizes and its epsilon count.
    player : str
        "G" or "D".

    Returns
    -------
    Trace
        From the parameters `G0`..., what the rule remembers, `Adam m G0`..., and its
        numbers, to `next D0`..., `next Adam m D0`...
    """
    memory, values = memory_of(setting), stacked(setting).start()
    kept = {name: f"{setting.rule} {name}" for name in memory[player]}
    example = named("", values) | rates_of(setting)
    for name, prefix in kept.items():
        example |= named(prefix, {own: memory[own][name] for own in memory})

    def moved(given: Named) -> Named:
        held = {name: _values(prefix, given) for name, prefix in kept.items()}
        remembered = {own: {n: held[n][own] for n in held} for own in values}
        state = State(_values("", given), remembered, {"G": 0, "D": 0})
        players = cast(Players, _Elsewhere())
        after = move(player, players, rules_of(setting, given), state)
        found = named("next", {player: after.params})
        for name, tensors in after.memory.items():
            found |= named(f"next {kept[name]}", {player: tensors})
        return found

    return trace(moved, example)


def trace_look(players: Networks, shown: int, grid: Tensor) -> Trace:
    """What a picture shows: samples, D's scores and what pushes each sample.

    Parameters
    ----------
    players : Networks
        As `stacked` makes them.
    shown : int
        >= 1, samples.
    grid : Tensor (1, n, 2)
        Points that D scores.

    Returns
    -------
    Trace
        From `G0`..., `noise`, `grid` and the real points `reals` that a relativistic
        loss compares with, to `samples` (1, shown, 2), `scores` (1, n) and `push`
        (1, shown, 2), minus the derivative of G's loss of these samples by each.

    Gradient: G's loss by the samples, cut at both networks' weights.
    """
    batch = batch_of(players, "G", shown)
    example = named("", players.start())
    example |= {"noise": batch["z G"], "reals": batch["x G"], "grid": grid}
    # With an empty network as G, the noise that it gets is the sample itself.
    samples_given = _changed(players, {"G": nn.Sequential()})

    def look(given: Named) -> Named:
        values, who = _values("", given), _changed(players, given)
        with torch.no_grad():
            samples = call(who.G, values["G"], given["noise"])
            scores = who.score(values["D"], given["grid"])
        leaf = samples.detach().requires_grad_()
        read = Batch(given["reals"], leaf, batch["mix G"])
        loss = samples_given.loss_G(read, values)
        (slope,) = torch.autograd.grad(loss.sum(), leaf)
        return {"samples": samples, "scores": scores, "push": -slope}

    return trace(look, example)


# Operators that stand in a move for what a page chooses. (Those of
# `torch.library.custom_op` import torch's compiler, which takes seconds.)
ELSEWHERE = torch.library.Library("ganflow_live", "FRAGMENT")
ELSEWHERE.define("derivative(str player, Tensor[] G, Tensor[] D) -> Tensor[]")
ELSEWHERE.define("project(str player, Tensor[] params) -> Tensor[]")


@torch.library.impl(ELSEWHERE, "derivative", "CompositeExplicitAutograd")
def _derivative(player: str, G: list[Tensor], D: list[Tensor]) -> list[Tensor]:
    """Any derivative, of the right shapes."""
    return [torch.zeros_like(p) for p in (G if player == "G" else D)]


@torch.library.impl(ELSEWHERE, "project", "CompositeExplicitAutograd")
def _project(player: str, params: list[Tensor]) -> list[Tensor]:
    """Any parameters, of the right shapes."""
    return [torch.zeros_like(p) for p in params]


class _Elsewhere:
    """Players whose derivatives and projections are found elsewhere."""

    def gradient(
        self, player: str, values: Values, move: Any, *, graph: bool = False
    ) -> Tensors:
        G, D = list(values["G"]), list(values["D"])
        return tuple(torch.ops.ganflow_live.derivative(player, G, D))

    def project(self, player: str, params: Tensors) -> Tensors:
        if player not in PROJECTED:
            return params
        return tuple(torch.ops.ganflow_live.project(player, list(params)))


def _rates(rule: Rule) -> list[str]:
    """The numbers of a rule that are inputs besides its step size."""
    names = [f.name for f in fields(rule)]
    return [name for name in names if name not in ("step_size", "epsilon")]


def _values(prefix: str, given: Named) -> Values:
    """The tensors of a prefix by player, as `named` names them."""
    found: dict[str, list[Tensor]] = {"G": [], "D": []}
    for player, tensors in found.items():
        while (name := f"{prefix} {player}{len(tensors)}".strip()) in given:
            tensors.append(given[name])
    return {player: tuple(tensors) for player, tensors in found.items()}


def _changed(players: Any, parts: Mapping[str, Any]) -> Any:
    """A copy with other parts, in its game too; `replace` would check all anew."""
    new = copy.copy(players)
    for name in (f.name for f in fields(players)):
        if name == "game":
            object.__setattr__(new, name, _changed(players.game, parts))
        elif name in parts:
            object.__setattr__(new, name, parts[name])
    return new
