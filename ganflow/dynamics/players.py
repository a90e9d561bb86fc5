"""Who plays: the derivative that each player follows, for games and for networks.

`play` and `sweep` ask the same of both: `start`, `gradient`, `project`, `observe`.
Parameters are tuples of tensors, by player. Everything also works for several runs at
once: parameters then carry a first dimension (runs,), numbers are tensors (runs,).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import vmap

from ganflow.check import one_of
from ganflow.dynamics.batches import Batch, Data, Stream
from ganflow.dynamics.checks import check_fit, check_numbers, check_one_kind
from ganflow.dynamics.functional import call
from ganflow.dynamics.scalars import Count, Scalars, Tensors, Values
from ganflow.losses import LOSSES, slopes, squared_slopes

PENALTIES = ("none", "R1", "R2", "WGAN-GP", "clipping")


@dataclass(frozen=True)
class Networks:
    """A generator and a critic of points that learn a distribution.

    The k-th move of a player reads a batch that depends on the seed, the player and k
    only: under every schedule, one seed gives D the same batches in the same order.

    Parameters
    ----------
    G : nn.Module
        Noise (n, latent) to points (n, d). Its weights are the start; they are never
        changed.
    D : nn.Module
        Points (n, d) to scores (n, 1); its weights likewise.
    data : object with `sample(n, rng)`
        Points (n, d) for a numpy Generator.
    loss : str, default "non-saturating"
        A name of LOSSES.
    penalty : str, default "none"
        One of these, or "none".

        - "R1", at real points, and "R2", at fakes: strength/2 slope^2.
        - "WGAN-GP": strength (slope - 1)^2 between them.
        - "clipping": weights of D are put back into [-strength, strength] after each
          move.
    strength : float or Tensor (runs,), default 0.0
        >= 0, as the penalty reads it.
    batch : int, default 256
        >= 1, samples in a batch.
    latent : int, default 2
        >= 1, numbers of z for one fake.
    shown : int, default 256
        >= 1, samples that a record keeps.
    seed : int or array (runs,), default 0
        >= 0, of the batches.

    Raises
    ------
    ValueError
        A loss or penalty of another name, a negative seed, a size below 1; networks of
        two dtypes or devices, or that do not fit the data or `latent`.
    TypeError
        Data that cannot sample.

    Gradient: each player's gradient is cut at the other's parameters; with graph=True
    nothing is cut, so that a whole tick can be differentiated.
    """

    G: nn.Module
    D: nn.Module
    data: Data
    loss: str = "non-saturating"
    penalty: str = "none"
    strength: float | Tensor = 0.0
    batch: int = 256
    latent: int = 2
    shown: int = 256
    seed: int | np.ndarray = 0

    def __post_init__(self):
        one_of("loss", self.loss, LOSSES)
        one_of("penalty", self.penalty, PENALTIES)
        sizes = {"batch": self.batch, "latent": self.latent, "shown": self.shown}
        check_numbers(self.seed, **sizes)
        check_one_kind({"G": self.G, "D": self.D})
        check_fit(self.G, self.D, self.data, self.latent)

    def start(self) -> Values:
        """Copies of the weights, by player; one for each run."""

        def copy(p: Tensor) -> Tensor:
            return p.detach().expand(*self.runs, *p.shape).clone()

        nets = {"G": self.G, "D": self.D}
        return {name: tuple(map(copy, net.parameters())) for name, net in nets.items()}

    def gradient(
        self, player: str, values: Values, move: Count, *, graph: bool = False
    ) -> Tensors:
        """The derivative of the player's loss, on its batch number `move` (from 0)."""
        batch = self.draw(player, move, self.batch, like=values["D"][0])
        return self.gradient_on(batch, player, values, graph=graph)

    def gradient_on(
        self, batch: Batch, player: str, values: Values, *, graph: bool = False
    ) -> Tensors:
        """The derivative of the player's loss by its own parameters, on `batch`."""
        # A copy: with graph, the opponent may itself have been moved by these numbers,
        # and the player does not foresee that.
        own = tuple(
            (p.clone() if graph else p.detach()).requires_grad_()
            for p in values[player]
        )
        find = self.loss_G if player == "G" else self.loss_D
        loss = find(batch, values | {player: own}, graph=graph)
        return torch.autograd.grad(loss.sum(), own, create_graph=graph)

    def loss_G(self, batch: Batch, values: Values, *, graph: bool = False) -> Tensor:
        """G's loss, () or (runs,). Cut at the real scores unless graph."""
        pair = LOSSES[self.loss]
        score_fake = self.score(values["D"], call(self.G, values["G"], batch.z))
        if not pair.G_reads_real:
            return self._each(pair.G, score_fake)
        with torch.set_grad_enabled(graph):
            score_real = self.score(values["D"], batch.x_real)
        return self._each(pair.G, score_real, score_fake)

    def loss_D(self, batch: Batch, values: Values, *, graph: bool = False) -> Tensor:
        """D's loss with its penalty, () or (runs,). Cut at the fakes unless graph."""
        with torch.set_grad_enabled(graph):
            x_fake = call(self.G, values["G"], batch.z)
        both = self.score(values["D"], torch.cat([batch.x_real, x_fake], dim=-2))
        score_real, score_fake = both.chunk(2, dim=-1)
        loss = self._each(LOSSES[self.loss].D, score_real, score_fake)
        if self.penalty in ("none", "clipping"):
            return loss
        return loss + self.strength * self._penalty(batch, x_fake, values, graph)

    def score(self, params: Tensors, x: Tensor) -> Tensor:
        """D's scores of x (..., n, d), as (..., n)."""
        return call(self.D, params, x).squeeze(-1)

    def project(self, player: str, params: Tensors) -> Tensors:
        """What a move must leave: D's weights within the bound, if they are clipped."""
        if player == "G" or self.penalty != "clipping":
            return params
        bound = self.strength
        if not isinstance(bound, Tensor):
            return tuple(p.clip(-bound, bound) for p in params)
        bound = bound.to(params[0])
        bounds = [
            bound.reshape(bound.shape + (1,) * (p.ndim - bound.ndim)) for p in params
        ]
        return tuple(p.clip(-b, b) for p, b in zip(params, bounds, strict=True))

    def observe(self, values: Values) -> dict[str, Tensor]:
        """What a record keeps: on one batch, the same at every record."""
        batch = self.draw("G", -1, self.shown)
        seen = {}
        for player in "GD":
            grads = self.gradient_on(batch, player, values)
            flat = [g.flatten(len(self.runs)) for g in grads]
            seen[f"gradient_{player}"] = torch.cat(flat, dim=-1).norm(dim=-1)
        with torch.no_grad():
            samples = call(self.G, values["G"], batch.z)
            seen["score_real"] = self.score(values["D"], batch.x_real).mean(-1)
            seen["score_fake"] = self.score(values["D"], samples).mean(-1)
        seen["loss_G"] = self.loss_G(batch, values).detach()
        seen["loss_D"] = self.loss_D(batch, values).detach()
        return seen | {"samples": samples}

    @property
    def runs(self) -> tuple[int, ...]:
        """() for one run, (n,) for n runs at once."""
        return np.shape(self.seed)

    def draw(
        self, player: str, move: Count, n: int, *, like: Tensor | None = None
    ) -> Batch:
        """The batch of n that `player` reads at its move number `move` (from 0).

        It has D's dtype and device, or those of `like`.
        """
        like = next(self.D.parameters()) if like is None else like
        return Stream(self.data, self.latent, player).batch(
            self.seed, move, n, like=like
        )

    def _penalty(
        self, batch: Batch, x_fake: Tensor, values: Values, graph: bool
    ) -> Tensor:
        """The penalty before its strength, () or (runs,)."""
        between = torch.lerp(x_fake, batch.x_real, batch.mix)
        x = {"R1": batch.x_real, "R2": x_fake, "WGAN-GP": between}[self.penalty]
        read = {"dims": 1, "cut": not graph}

        def critic(x: Tensor) -> Tensor:
            return self.score(values["D"], x)

        if self.penalty == "WGAN-GP":
            return (slopes(critic, x, **read) - 1).square().mean(-1)
        return squared_slopes(critic, x, **read).mean(-1) / 2

    def _each(self, loss: Callable, *scores: Tensor) -> Tensor:
        """A batch mean for each run."""
        return vmap(loss)(*scores) if self.runs else loss(*scores)


Players = Scalars | Networks
