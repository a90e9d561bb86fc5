"""Real samples for `fit`, a tick at a time, in the order of the epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from ganflow.check import whole
from ganflow.tf.load import keras


class Ticks(keras.utils.PyDataset):
    """Each item holds what one tick reads: an array (critic_steps, batch, ...).

    An epoch is a permutation of the samples; those that fill no whole tick are left
    out. The order depends on the seed and the number of the epoch alone, so a `fit`
    that goes on reads what it would have read. The number comes from `fit`: pass
    `callbacks=[ticks.follow()]`.

    Parameters
    ----------
    x : array (n, ...)
        Real samples.
    critic_steps : int, >= 1, default 5
        Batches in a tick.
    batch : int, >= 1, default 64
        Samples in a batch.
    seed : int, >= 0, default 0
        Of the order.
    **options : Any
        What `keras.utils.PyDataset` takes.

    Raises
    ------
    ValueError
        An option out of its range, or fewer samples than one tick reads.
    """

    def __init__(
        self,
        x: np.ndarray,
        *,
        critic_steps: int = 5,
        batch: int = 64,
        seed: int = 0,
        **options: Any,
    ):
        super().__init__(**options)
        steps = whole("critic_steps", critic_steps, least=1)
        self.shape = (steps, whole("batch", batch, least=1))
        self.seed, self.x, self.epoch = whole("seed", seed, least=0), x, 0
        if not len(self):
            raise ValueError(
                f"x has {len(x)} samples, and one tick reads {steps} batches of "
                f"{batch}: pass more, or a smaller batch"
            )

    def __len__(self) -> int:
        """How many ticks an epoch has."""
        return len(self.x) // int(np.prod(self.shape))

    def __getitem__(self, index: int) -> np.ndarray:
        """What tick `index` of this epoch reads."""
        order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.x))
        size = int(np.prod(self.shape))
        found = self.x[order[index * size : (index + 1) * size]]
        return found.reshape(*self.shape, *self.x.shape[1:])

    def follow(self) -> keras.callbacks.Callback:
        """A callback by which `fit` tells the number of each epoch as it begins."""
        return keras.callbacks.LambdaCallback(on_epoch_begin=self._begin)

    def _begin(self, epoch: int, logs: Any) -> None:
        self.epoch = epoch
