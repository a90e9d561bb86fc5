"""The gradients of `tick_cost.py`'s critic in TensorFlow, from torch's weights."""

from __future__ import annotations

from collections.abc import Callable

import torch  # before TensorFlow: the other order can hang
from torch import Tensor, nn

from ganflow.trace.load_tf import tf


def gradients_tf(
    D: nn.Module, x_real: Tensor, x_fake: Tensor, mix: Tensor, *, strength: float = 10.0
) -> Callable[[], list]:
    """A compiled function of nothing: WGAN-GP's gradients by D's weights.

    Parameters
    ----------
    D : a critic of `nets.dcgan_critic` without batch norm
    x_real, x_fake : (batch, channels, size, size). mix : (batch,)

    Gradient: reaches copies of D's weights, in TensorFlow's order of dimensions.
    """
    convs = [layer for layer in D if isinstance(layer, nn.Conv2d)]
    psi = [
        tf.Variable(value.numpy(force=True))
        for layer in convs
        for value in (layer.weight.permute(2, 3, 1, 0), layer.bias)
    ]
    real, fake, weight = (
        tf.constant(x.permute(0, 2, 3, 1).numpy(force=True))
        for x in (x_real, x_fake, mix.reshape(-1, 1, 1, 1))
    )

    def critic(x):
        for k in range(0, len(psi) - 2, 2):
            x = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            x = tf.nn.conv2d(x, psi[k], 2, "VALID") + psi[k + 1]
            x = tf.nn.leaky_relu(x, 0.2)
        return tf.nn.conv2d(x, psi[-2], 1, "VALID") + psi[-1]

    @tf.function
    def gradients():
        between = fake + weight * (real - fake)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(between)
                score = tf.reduce_sum(critic(between))
            steep = inner.gradient(score, between)
            slope = tf.sqrt(tf.reduce_sum(steep**2, axis=(1, 2, 3)) + 1e-10)
            loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
            loss += strength * tf.reduce_mean((slope - 1) ** 2)
        return outer.gradient(loss, psi)

    return gradients


def as_torch(gradient) -> Tensor:
    """One of those gradients with torch's order of dimensions."""
    value = torch.tensor(gradient.numpy())
    return value.permute(3, 2, 0, 1) if value.ndim == 4 else value
