"""What a move reads: real points, noise and mixing weights, by seed, player and move.

A batch depends on these three only, so runs of one seed can be compared under any
schedule: the k-th move of D reads the same numbers in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

NEW = np.random.Philox(0).state  # of a generator that has drawn nothing


class Data(Protocol):
    """Points to learn from, such as `ganflow.data.ring()`."""

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw n points, an array (n, d)."""
        ...


@dataclass(frozen=True)
class Batch:
    """What one move reads.

    Parameters
    ----------
    x_real : Tensor (n, d) or (runs, n, d)
        Real points.
    z : Tensor (n, latent) or (runs, n, latent)
        Standard normal noise for G.
    mix : Tensor (n, 1) or (runs, n, 1)
        Weights of the real points in a mixture with the fakes, uniform on [0, 1).
    """

    x_real: Tensor
    z: Tensor
    mix: Tensor


@dataclass(frozen=True)
class Stream:
    """The batches of one player.

    Parameters
    ----------
    data : object with `sample(n, rng)`
        Where real points come from.
    latent : int
        Numbers of z for one fake.
    player : str
        "G" or "D".
    """

    data: Data
    latent: int
    player: str

    def batch(
        self, seed: int | np.ndarray, move: int | np.ndarray, n: int, *, like: Tensor
    ) -> Batch:
        """The batch that the player reads at one of its moves.

        Parameters
        ----------
        seed : int or array (runs,)
            >= 0. Runs with one seed at one move read the same numbers, drawn once.
        move : int or array (runs,)
            The move's number, from 0; -1 is the batch of the records.
        n : int
            Samples in the batch.
        like : Tensor
            The batch gets its dtype and its device.

        Returns
        -------
        Batch
        """
        # Making a Philox asks the system for randomness, which takes as long as a batch
        # takes to draw: one serves all runs, its state is set for each.
        rng = np.random.Generator(np.random.Philox(0))
        if np.ndim(seed) == np.ndim(move) == 0:
            parts = list(self._draw(rng, int(seed), int(move), n))
        else:
            pairs = np.stack(np.broadcast_arrays(seed, move))
            distinct, which = np.unique(pairs, axis=1, return_inverse=True)
            drawn = [self._draw(rng, int(s), int(k), n) for s, k in distinct.T]
            parts = [np.stack(part)[which.ravel()] for part in zip(*drawn, strict=True)]
        wanted = {"dtype": like.dtype, "device": like.device}
        return Batch(*(torch.tensor(part, **wanted) for part in parts))

    def _draw(
        self, rng: np.random.Generator, seed: int, move: int, n: int
    ) -> tuple[np.ndarray, ...]:
        """Draw as if `rng` were new: its state is the seed and the move, no history."""
        key = np.array([seed, "GD".index(self.player)], np.uint64)
        counter = np.array([0, 0, 0, move + 1], np.uint64)
        rng.bit_generator.state = NEW | {"state": {"key": key, "counter": counter}}
        x_real = self.data.sample(n, rng)
        return x_real, rng.standard_normal((n, self.latent)), rng.random((n, 1))
