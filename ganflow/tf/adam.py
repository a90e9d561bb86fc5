"""Keras's Adam with epsilon where torch and algorithm 1 of the paper have it."""

from __future__ import annotations

from typing import Any

from ganflow.tf.load import keras

ops: Any = keras.ops


class TorchAdam(keras.optimizers.Adam):
    """Adam that adds epsilon to the corrected root, as torch and algorithm 1 do.

    Keras adds it to the root before its correction (the paper's "epsilon hat"), which
    in step t is an epsilon 1 / sqrt(1 - beta_2^t) times as large. All else is Keras's.

    Parameters
    ----------
    learning_rate : float or schedule, default 0.001
        As Keras.
    beta_1 : float, in [0, 1), default 0.9
        As Keras.
    beta_2 : float, in [0, 1), default 0.999
        As Keras.
    epsilon : float, default 1e-8
        Torch's default; Keras's is 1e-7.
    **options : Any
        What `keras.optimizers.Adam` takes besides.

    Gradient: none is taken; it moves by those it is given.
    Source: Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1, and the text before 2.1.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        **options: Any,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **options)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable, by Keras's rule with an epsilon made smaller for it."""
        kept = self.epsilon
        done: Any = self.iterations
        step = ops.cast(done + 1, variable.dtype)
        unseen = ops.power(ops.cast(self.beta_2, variable.dtype), step)
        self.epsilon = kept * ops.sqrt(1 - unseen)
        try:
            super().update_step(gradient, variable, learning_rate)
        finally:
            self.epsilon = kept
