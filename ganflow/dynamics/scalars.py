"""Who plays in a game of two numbers, and the derivative that each follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganflow.games import Game

Tensors = tuple[Tensor, ...]
Values = dict[str, Tensors]  # the parameters of "G" and of "D"
Count = int | np.ndarray  # of moves: one number, or one for each run (runs,)


@dataclass(frozen=True)
class Scalars:
    """The two numbers of a game, in float64.

    Parameters
    ----------
    game : Game
        Whose field they follow.
    theta : float or array (runs,), default 1.0
        Where G starts.
    psi : float or array (runs,), default 1.0
        Where D starts.

    Gradient: `gradient` is minus the game's field in closed form, differentiable by
    both parameters.
    """

    game: Game
    theta: float | np.ndarray = 1.0
    psi: float | np.ndarray = 1.0

    def start(self) -> Values:
        """The parameters before the first move."""
        numbers = (self.theta, self.psi, self.game.strength, self.game.scale)
        as_tensors = (torch.as_tensor(x, dtype=torch.float64) for x in numbers)
        theta, psi, *_ = torch.broadcast_tensors(*as_tensors)
        return {"G": (theta,), "D": (psi,)}

    def gradient(
        self, player: str, values: Values, move: Count = 0, *, graph: bool = False
    ) -> Tensors:
        """The derivative of the player's loss by its own number."""
        v_theta, v_psi = self.game.field(values["G"][0], values["D"][0])
        return (-(v_theta if player == "G" else v_psi),)

    def project(self, player: str, params: Tensors) -> Tensors:
        """What a move must leave: psi within its bound, if the game clips it."""
        return (self.game.project(params[0]),) if player == "D" else params

    def observe(self, values: Values) -> dict[str, Tensor]:
        """What a record keeps."""
        return {"theta": values["G"][0], "psi": values["D"][0]}
