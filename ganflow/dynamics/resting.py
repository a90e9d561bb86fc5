"""A small GAN that can come to rest: one batch for every move, a goal in reach."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from ganflow.check import whole
from ganflow.data import ring
from ganflow.dynamics.batches import Batch
from ganflow.dynamics.functional import call
from ganflow.dynamics.loop import begin, both, take
from ganflow.dynamics.players import Networks
from ganflow.dynamics.rules import Adam
from ganflow.dynamics.scalars import Count, Values
from ganflow.schedule import ALTERNATING

N = 128  # points, and noises, of the one batch
STEPS = (3e-3, 1e-3, 3e-4)  # of Adam, one after the other
TICKS = 500  # with each of them


class FullBatch(Networks):
    """Networks whose every move, of either player, reads one batch of data and noise.

    The parameters are those of `Networks`.

    Gradient: as that of `Networks`.
    """

    def draw(
        self, player: str, move: Count, n: int, *, like: Tensor | None = None
    ) -> Batch:
        """The first batch of D, whoever asks and when."""
        return super().draw("D", 0, self.batch, like=like)


class Reachable(FullBatch):
    """A game whose goal can be reached: the data are what G makes of the same noise.

    The parameters are those of `Networks`; of the data only the form is read.

    Gradient: as that of `Networks`; cut at G where it makes the data, which stay where
    they are when G moves.
    """

    def draw(
        self, player: str, move: Count, n: int, *, like: Tensor | None = None
    ) -> Batch:
        """The one batch, its real points replaced by G's fakes at the start."""
        batch = super().draw(player, move, n, like=like)
        return replace(batch, x_real=self.G(batch.z).detach())


@dataclass(frozen=True)
class RestingPair:
    """A G and a D that were trained on one batch of a ring.

    Parameters
    ----------
    on_ring : FullBatch
        The game that they were trained in. Its networks hold G's trained weights, and
        those of D but for a last layer of zeros: this D is flat, its score 0 anywhere.
    trained : dict of tuples of Tensor
        All the trained weights, D's last layer among them.
    """

    on_ring: FullBatch
    trained: Values

    def at_goal(
        self, *, loss: str = "Wasserstein", penalty: str = "none", strength: float = 0.0
    ) -> Reachable:
        """The game that stands at its goal: this G's fakes are the data, D is flat.

        Parameters
        ----------
        loss : str, default "Wasserstein"
            As for `Networks`.
        penalty : str, default "none"
            Likewise.
        strength : float, default 0.0
            Likewise.

        Returns
        -------
        Reachable
            Where it starts, both gradients vanish.

        Gradient: none; builds a game.
        """
        G, D, data = self.on_ring.G, self.on_ring.D, self.on_ring.data
        return Reachable(G, D, data, loss, penalty, strength, batch=N)

    def coupling(self) -> np.ndarray:
        """P: each mean feature of D over the fakes, by each weight of G.

        Returns
        -------
        array (features, weights of G)

        Gradient: cut; a number is wanted, and nobody learns from it.
        """
        weights = tuple(self.on_ring.G.parameters())

        def mean_features(*theta: Tensor) -> Tensor:
            return self.features(theta).mean(0)

        by_each = torch.func.jacrev(mean_features, tuple(range(len(weights))))
        parts = [part.flatten(1) for part in by_each(*weights)]
        return torch.cat(parts, dim=1).detach().numpy()

    def friction(self) -> np.ndarray:
        """C: how strongly the log loss pulls D's last layer back to 0.

        Returns
        -------
        array (features + 1, features + 1)
            Half the mean of phi phi^T over the fakes; phi holds D's features and a 1,
            of which the bias is the weight.

        Gradient: cut, as in `coupling`.
        """
        phi = self.features(tuple(self.on_ring.G.parameters())).detach().numpy()
        phi = np.hstack([phi, np.ones((N, 1))])
        return phi.T @ phi / N / 2

    def features(self, theta: tuple[Tensor, ...]) -> Tensor:
        """What D's last layer reads of the fakes that G makes with the weights theta.

        Parameters
        ----------
        theta : tuple of Tensor
            As `G.parameters()` orders them.

        Returns
        -------
        Tensor (fakes, features)

        Gradient: reaches theta; cuts nothing.
        """
        players = self.on_ring
        z = players.draw("G", 0, N, like=theta[0]).z
        first, act, _ = players.D.children()
        return act(first(call(players.G, theta, z)))


def resting_pair(seed: int, *, features: int = 32) -> RestingPair:
    """Train a small G and D on 128 points of a ring, until little moves.

    Both have one hidden layer with tanh, G's of 32, and compute in float64. Adam
    without momentum takes 500 ticks with each of three step sizes, in turns, with R1.

    Parameters
    ----------
    seed : int
        >= 0, of the first weights. The batch is the same for all seeds.
    features : int, default 32
        >= 1, the width of D's hidden layer: what its last layer weighs.

    Returns
    -------
    RestingPair

    Raises
    ------
    ValueError
        A seed below 0, less than one feature.

    Gradient: each move differentiates the mover's own loss by its own weights.
    """
    whole("seed", seed, least=0)
    whole("features", features, least=1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        G, D = _layers(2, 32, 2), _layers(2, features, 1)
    players = FullBatch(G, D, ring(), penalty="R1", strength=1.0, batch=N, shown=N)
    trained = _trained(players)
    with torch.no_grad():
        for net, player in ((G, "G"), (D, "D")):
            for p, value in zip(net.parameters(), trained[player], strict=True):
                p.copy_(value)
        for p in D[2].parameters():
            p.zero_()
    return RestingPair(players, trained)


def _layers(*sizes: int) -> nn.Sequential:
    first, last = (
        nn.Linear(*pair, dtype=torch.float64)
        for pair in zip(sizes[:-1], sizes[1:], strict=True)
    )
    return nn.Sequential(first, nn.Tanh(), last)


def _trained(players: FullBatch) -> Values:
    values = players.start()
    for step_size in STEPS:  # Adam's memory begins anew with each
        rules = both(Adam(step_size, beta1=0.0))
        state = begin(players, rules)
        state.values.update(values)
        for _ in range(TICKS):
            for turn in ALTERNATING.turns:
                state = take(turn, players, rules, state)
        values = state.values
    return values
