"""What a move reads: real points, noise and mixing weights, by seed, player and move.

A batch depends on these three only, so runs of one seed can be compared under any
schedule: the k-th move of D reads the same numbers in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

NEW = np.random.Philox(0).state  # of a generator that has drawn nothing


@dataclass(frozen=True)
class Batch:
    """x_real (n, d), z (n, latent), mix (n, 1) in [0, 1]; or (runs, n, ...) each."""

    x_real: Tensor
    z: Tensor
    mix: Tensor


@dataclass(frozen=True)
class Stream:
    """The batches of one player.

    data : has `sample(n, rng)`. latent : size of the noise. player : "G" or "D".
    """

    data: object
    latent: int
    player: str

    def batch(
        self, seed: int | np.ndarray, move: int | np.ndarray, n: int, *, like: Tensor
    ) -> Batch:
        """The batch of n that the player reads at its move number `move` (from -1).

        Parameters
        ----------
        seed : int >= 0, or an array (runs,); move : int, or an array (runs,). Runs with
            one seed at one move read the same numbers, which are drawn once.
        like : a tensor whose dtype and device the batch gets

        Returns
        -------
        Batch
        """
        # Making a Philox asks the system for randomness, which takes as long as a batch
        # takes to draw: one serves all runs, its state is set for each.
        rng = np.random.Generator(np.random.Philox(0))
        if np.ndim(seed) == np.ndim(move) == 0:
            parts = self._draw(rng, int(seed), int(move), n)
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
