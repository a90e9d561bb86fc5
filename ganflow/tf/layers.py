"""Both players trained by `compile` and `fit`: layers that add the one loss themselves.

x_real, z = keras.Input((32, 32, 3)), keras.Input((100,))
model = keras.Model([x_real, z], SingleLoss(G, D, "hinge")([x_real, z]))
model.compile(keras.optimizers.SGD(0.01))
model.fit([reals, noise])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganflow.losses import AdversarialLoss
from ganflow.one_loss.cancellation import single_loss
from ganflow.tf.load import keras, tf
from ganflow.tf.losses import KERAS_LOSSES
from ganflow.tf.shared_backward import check_samples_apart, one_pass_loss


class _Both(keras.Layer):
    """Holds both players; reads [x_real, z] and returns the fakes."""

    def __init__(
        self,
        G: keras.Model,
        D: keras.Model,
        loss: str | AdversarialLoss,
        lam: float = 1.0,
        **layer: Any,
    ):
        super().__init__(**layer)
        if isinstance(loss, str) and loss not in KERAS_LOSSES:
            known = ", ".join(KERAS_LOSSES)
            raise ValueError(f"loss is {loss!r}; known are {known}")
        self.G, self.D, self.lam = G, D, lam
        self.loss = KERAS_LOSSES[loss] if isinstance(loss, str) else loss

    def compute_output_shape(self, shapes: Sequence[tuple]) -> tuple:
        """The fakes look like the reals; as many as there is noise."""
        return (shapes[1][0], *shapes[0][1:])


class SingleLoss(_Both):
    """Adds Su's loss: D's, and a term that is always zero whose gradient moves G.

    Parameters
    ----------
    G : Keras model, noise (n, ...) to samples (n, *shape)
        The generator.
    D : Keras model, samples (n, *shape) to scores (n,) or (n, 1)
        The critic; higher = more real.
    loss : str or AdversarialLoss
        A name of KERAS_LOSSES, or a pair like them.
    lam : float
        How much longer G's gradient is made; see `ganflow.one_loss.single_loss`.
    **layer : Any
        What a Keras layer takes, such as its dtype.

    Raises
    ------
    ValueError
        A loss of another name.

    Gradient: one optimizer over this layer's variables gives D the derivative of D's
    loss and G lam times that of G's. The fakes are cut once, by `stop_gradient`. D is
    called three times: dropout, noise, or spectral norm in D break the cancellation.
    Source: Su Jianlin 2019 (kexue.fm/archives/6387), there with symbolic `add_loss`.
    """

    def call(self, inputs: Sequence[Any]) -> Any:
        """Add the loss; return the fakes."""
        x_real, z = inputs
        x_fake = self.G(z)
        scores = (self.D(x_real), self.D(x_fake), self.D(tf.stop_gradient(x_fake)))
        self.add_loss(single_loss(self.loss, *scores, self.lam))
        return x_fake


class OnePass(_Both):
    """Adds D's loss with a gradient that serves both players from one pass of D.

    Parameters
    ----------
    G : Keras model, noise (n, ...) to samples (n, *shape)
        The generator.
    D : Keras model, samples (n, *shape) to scores (n,) or (n, 1)
        The critic; higher = more real. It must not mix samples.
    loss : str or AdversarialLoss
        A name of KERAS_LOSSES, or a pair like them.
    lam : float
        How much longer G's gradient is made.
    **layer : Any
        What a Keras layer takes, such as its dtype.

    Raises
    ------
    ValueError
        A loss of another name; or D mixes samples, as batch norm does, seen once when
        the layer is built.

    Gradient: as SingleLoss, with two calls of D in place of three; D is always called
    in train mode. See `one_pass_loss`.
    """

    def build(self, input_shape: Sequence[tuple]) -> None:
        """Try on four samples of noise whether D mixes samples."""
        rng = np.random.default_rng(0)
        x = rng.uniform(-1, 1, (4, *input_shape[0][1:])).astype(self.D.compute_dtype)
        with tf.init_scope():
            check_samples_apart(self.D, x)
        super().build(input_shape)

    def call(self, inputs: Sequence[Any]) -> Any:
        """Add the loss; return the fakes."""
        x_real, z = inputs
        x_fake = self.G(z)
        loss = one_pass_loss(self.D, self.loss, x_real, x_fake, lam=self.lam)
        self.add_loss(loss)
        return x_fake
