"""The graphs of what the package does in a move, with every number an input.

Nothing here knows a loss, a penalty or a step rule: `ganflow.dynamics` computes, and
`graph.trace` writes down which operators it called.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

from ganflow.dynamics.batches import Batch
from ganflow.dynamics.functional import call
from ganflow.dynamics.loop import State, move
from ganflow.dynamics.players import Networks, Players
from ganflow.dynamics.rules import Tensors
from ganflow.dynamics.scalars import Scalars, Values
from ganflow.live.graph import Named, Trace, trace
from ganflow.live.inputs import (
    PARTS,
    batch_of,
    changed,
    memory_of,
    named,
    numbers_of,
    rates_of,
    rules_of,
    stacked,
    values_of,
)
from ganflow.sweeps.settings import Setting

PROJECTED = ("D",)  # whose parameters a penalty may put back, such as clipping


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
        values, who = values_of("seen", given), changed(players, given)
        if isinstance(who, Scalars):
            return named("slope", {player: who.gradient(player, values)})
        read = Batch(*(given[f"{part} {player}"] for part in PARTS))
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
        params = values_of("proposed", given)[player]
        found = changed(players, given).project(player, params)
        return named("projected", {player: found})

    return trace(projected, example)


def trace_move(setting: Setting, player: str) -> Trace:
    """One whole move, `ganflow.dynamics.loop.move`, under any loss and any penalty.

    Derivatives and projections are the operators `ganflow_live::derive` and
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

    Gradient: none is taken here; a derivative stands in the trace as one operator.
    """
    memory, values = memory_of(setting), stacked(setting).start()
    kept = {name: f"{setting.rule} {name}" for name in memory[player]}
    example = named("", values) | rates_of(setting)
    for name, prefix in kept.items():
        example |= named(prefix, {own: memory[own][name] for own in memory})

    def moved(given: Named) -> Named:
        held = {name: values_of(prefix, given) for name, prefix in kept.items()}
        remembered = {own: {n: held[n][own] for n in held} for own in values}
        state = State(values_of("", given), remembered, {"G": 0, "D": 0})
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
    samples_given = changed(players, {"G": nn.Sequential()})

    def look(given: Named) -> Named:
        values, who = values_of("", given), changed(players, given)
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
ELSEWHERE.define("derive(str player, Tensor[] G, Tensor[] D) -> Tensor[]")
ELSEWHERE.define("project(str player, Tensor[] params) -> Tensor[]")


@torch.library.impl(ELSEWHERE, "derive", "CompositeExplicitAutograd")
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
        return tuple(torch.ops.ganflow_live.derive(player, G, D))

    def project(self, player: str, params: Tensors) -> Tensors:
        if player not in PROJECTED:
            return params
        return tuple(torch.ops.ganflow_live.project(player, list(params)))
