"""One module for a GAN or a game: the moves, derivatives and draws of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from ganflow.dynamics import Networks
from ganflow.live.assembly import Assembly
from ganflow.live.draws import GLOBALS, draws
from ganflow.live.encoding import Code, Function, encode
from ganflow.live.inputs import batch_of, choose, stacked
from ganflow.live.instructions import get, times, whole
from ganflow.live.tracing import trace_look
from ganflow.live.ziggurat import table_bytes
from ganflow.sweeps.settings import LIMITS, GameSetting, GanSetting

POINTS = 4096  # places for the data's centres or points
SEEDS = {"whole": True, "least": 0, "below": 2**32}  # of the weights' Mersenne twister


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
        and makes, `counts` where a rule counts its moves, `limits` those of a setting's
        numbers; of a GAN `first` the weights in the order in which they are drawn,
        uniform within a bound.
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
        A name that is not known; a loss, penalty or rule that cannot be translated.

    Gradient: what the package computes in a move, `play`'s own; cut between turns.
    """
    players = cast(Networks, stacked(base))
    made = Assembly(base, rules, batch=base.batch)
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
    made.add_choices(players, losses, penalties)
    for loss in losses:
        chosen = cast(Networks, choose(players, loss, "none"))
        made.add(f"look {loss}", trace_look(chosen, base.shown, grid))
    made.add_moves()
    at = memory.described()
    module = made.module(
        [*draws(tables=tables, points=points), _draw(at, base.latent)],
        GLOBALS,
        ((tables, ziggurat), (at["grid"][0], grid.numpy().tobytes())),
    )
    return Program(
        encode(module),
        _layout(made, "gan", losses, penalties, rules)
        | {"first": _first(players), "batch": base.batch, "latent": base.latent}
        | {"width": base.width, "shown": base.shown, "side": side, "reach": reach},
    )


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
        A name that is not known; a loss, penalty or rule that cannot be translated.

    Gradient: the game's field, in closed form; cut between turns.
    """
    base = GameSetting()
    made = Assembly(base, rules)
    made.add_choices(stacked(base), losses, penalties)
    made.add_moves()
    layout = _layout(made, "game", losses, penalties, rules)
    return Program(encode(made.module()), layout)


def _layout(
    made: Assembly,
    kind: str,
    losses: Sequence[str],
    penalties: Sequence[str],
    rules: Sequence[str],
) -> dict[str, Any]:
    """What GANs and games share of a layout."""
    at = made.memory.described()
    return {
        "kind": kind,
        "at": {name: at[name] for name in at if not name.startswith("next ")},
        "table": made.table,
        "state": {player: list(made.spans[""][player]) for player in "GD"},
        "next": {player: list(made.spans["next"][player]) for player in "GD"},
        "counts": made.counts,
        "limits": LIMITS | {"seed": SEEDS},
        "losses": list(losses),
        "penalties": list(penalties),
        "rules": list(rules),
    }


def _grid(side: int, reach: float) -> Tensor:
    """Points (1, side^2, 2) of the square, row by row from below, x first."""
    along = torch.linspace(-reach, reach, side)
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([x, y], -1).reshape(1, -1, 2)


def _draw(at: dict[str, list[Any]], latent: int) -> Function:
    """`draw(player, number, n)`: the batch of n of a player's move, G is player 0."""
    parts = (("draw_data", "x", 1), ("normals", "z", latent), ("doubles", "mix", 1))
    code: list[Code] = [("call", "start", get("player"), get("number"))]
    for name, part, each in parts:
        to = [whole(at[f"{part} {player}"][0]) for player in "DG"]
        many = times(get("n"), whole(each))
        code.append(("call", name, many, ("select", *to, get("player"))))
    params = (("player", "i32"), ("number", "i64"), ("n", "i32"))
    return Function("draw", params, None, (), tuple(code), export=True)


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
