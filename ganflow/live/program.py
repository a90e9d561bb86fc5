"""One module for a GAN or a game: the moves, derivatives and draws of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from ganflow.check import number, whole
from ganflow.dynamics import Networks
from ganflow.live.assembly import Assembly
from ganflow.live.draws import GLOBALS, draws
from ganflow.live.encoding import Function, encode
from ganflow.live.expressions import call, constant, function, select, variables
from ganflow.live.inputs import PARTS, batch_of
from ganflow.live.tracing import trace_look
from ganflow.live.ziggurat import table_bytes
from ganflow.sweeps.settings import GameSetting, GanSetting

POINTS = 4096  # places for the data's centres or points
SIZES = ("batch", "latent", "width", "depth", "shown")  # a GAN's, built into it


@dataclass(frozen=True)
class Program:
    """A module and where its numbers are.

    Parameters
    ----------
    code : bytes
        WebAssembly with SIMD; it imports nothing.
    layout : dict
        Of JSON types. `at` has [byte, type, length] of every name, `table` the places
        of derivatives and projections, `state` and `next` the bytes that a move reads
        and makes, `counts` where a rule counts its moves, `reads` what a rule reads of
        a setting besides its step size, `limits` those of a setting's numbers,
        `epsilon` that of Adam; of a GAN `first` the weights in the order in which
        they are drawn, uniform within a bound.
    """

    code: bytes
    layout: dict[str, Any]


def gan_program(
    base: GanSetting,
    *,
    losses: Sequence[str],
    penalties: Sequence[str],
    rules: Sequence[str],
    side: int,
    reach: float,
) -> Program:
    """Make the module of a GAN of the plane.

    Parameters
    ----------
    base : GanSetting
        Its batch, latent, width, depth, shown and epsilon count; all else is an input.
    losses : sequence of str
        Names of LOSSES.
    penalties : sequence of str
        Names of `ganflow.dynamics.players.PENALTIES`.
    rules : sequence of str
        Names of RULES.
    side : int
        >= 1, points of D's picture along a side.
    reach : float
        > 0, half the side of the square that it shows.

    Returns
    -------
    Program

    Raises
    ------
    ValueError
        A name that is not known, or none; a picture of no size; a loss, penalty or rule
        that cannot be translated, with the operator that has no loop.

    Gradient: what the package computes in a move, `play`'s own; cut between turns.
    """
    whole("side", side, least=1)
    number("reach", reach, above=0)
    made = Assembly(base, losses, penalties, rules, batch=base.batch)
    players = cast(Networks, made.players)
    memory, most = made.memory, max(base.batch, base.shown)
    for player in "GD":
        memory.add_all(batch_of(players, player, most))
    grid = _grid(side, reach)
    seen = batch_of(players, "G", base.shown)
    memory.add_all({"noise": seen["z G"], "reals": seen["x G"], "grid": grid})
    memory.add_all(
        {"samples": seen["x G"], "scores": grid[..., 0], "push": seen["x G"]}
    )
    points = memory.add("points", "f64", 2 * POINTS)
    ziggurat = table_bytes()
    tables = memory.add("tables", "i32", len(ziggurat) // 4)
    made.add_choices()
    for loss in losses:
        chosen = cast(Networks, made.players_of(loss))
        made.add(f"look {loss}", trace_look(chosen, base.shown, grid))
    made.add_moves()
    at = memory.described()
    module = made.module(
        [*draws(tables=tables, points=points), _draw(at, base.latent)],
        GLOBALS,
        ((tables, ziggurat), (at["grid"][0], grid.numpy().tobytes())),
    )
    sizes = {name: getattr(base, name) for name in SIZES}
    picture = {"first": _first(players), "side": side, "reach": reach}
    layout = made.layout("gan") | sizes | picture
    return Program(encode(module), layout)


def game_program(
    *, losses: Sequence[str], penalties: Sequence[str], rules: Sequence[str]
) -> Program:
    """Make the module of a game of two numbers.

    Parameters
    ----------
    losses : sequence of str
        Names of LOSSES.
    penalties : sequence of str
        Names of `ganflow.games.PENALTIES`.
    rules : sequence of str
        Names of RULES.

    Returns
    -------
    Program

    Raises
    ------
    ValueError
        A name that is not known, or none; a loss, penalty or rule that cannot be
        translated, with the operator that has no loop.

    Gradient: the game's field, in closed form; cut between turns.
    """
    made = Assembly(GameSetting(), losses, penalties, rules)
    made.add_choices()
    made.add_moves()
    return Program(encode(made.module()), made.layout("game"))


def _grid(side: int, reach: float) -> Tensor:
    """Points (1, side^2, 2) of the square, row by row from below, x first."""
    along = torch.linspace(-reach, reach, side)
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([x, y], -1).reshape(1, -1, 2)


def _draw(at: dict[str, list[Any]], latent: int) -> Function:
    """`draw(player, number, n)`: the batch of n of a player's move, G is player 0."""
    player, n = variables("i32", "player n")
    (move,) = variables("i64", "number")
    body = [call("", "start", player, move)]
    drawn = zip(PARTS, ("draw_data", "normals", "doubles"), (1, latent, 1), strict=True)
    for part, name, each in drawn:
        of_G, of_D = (constant("i32", at[f"{part} {own}"][0]) for own in "GD")
        body.append(call("", name, n * each, select(of_D, of_G, player)))
    return function("draw", [player, move, n], body, export=True)


def _first(players: Networks) -> list[list[Any]]:
    """The weights in the order in which `ganflow.nets` draws them, and their bounds."""
    found = []
    for player in "GD":
        layers = [
            layer for layer in getattr(players, player) if isinstance(layer, nn.Linear)
        ]
        for k, layer in enumerate(layers):
            bound = layer.in_features**-0.5
            found += [[f"{player}{2 * k}", bound], [f"{player}{2 * k + 1}", bound]]
    return found
