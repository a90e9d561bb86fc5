"""The critic's slope and its penalty for TensorFlow, by a tape inside a tape.

Formulas and sources are those of `ganflow.losses`, against which each is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ganflow.tf.load import tf

Critic = Callable[[Any], Any]


def slopes(critic: Critic, x: Any) -> Any:
    """The critic's slope at each sample, itself differentiable under an outer tape.

    Parameters
    ----------
    critic : callable, (batch, *shape) -> (batch,) or (batch, 1)
        Higher = more real. It must not mix the samples.
    x : tensor (batch, *shape), float
        The samples.

    Returns
    -------
    tensor (batch,)
        >= 0, score per unit of distance; float32 if x is of half precision.

    Raises
    ------
    ValueError
        x has one dimension only, so that no sample can be told from a batch.

    Gradient: reaches the critic's weights (a second derivative), as 0 where a slope is
    0, where `tf.norm` gives NaN. Cut at x.
    """
    x = tf.stop_gradient(tf.convert_to_tensor(x))
    if len(x.shape) < 2:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; samples are (batch, *shape): "
            "for samples of one number pass x[:, None]"
        )
    with tf.GradientTape() as inner:
        inner.watch(x)
        scores = critic(x)  # no score depends on another sample: their sum will do
    slope = inner.gradient(scores, x)
    if slope.dtype.size < 4:  # in half precision the square of a small number is 0
        slope = tf.cast(slope, tf.float32)
    squared = tf.reduce_sum(tf.reshape(slope, (tf.shape(x)[0], -1)) ** 2, axis=1)
    flat = squared == 0
    return tf.where(flat, 0 * squared, tf.sqrt(tf.where(flat, squared + 1, squared)))


def gradient_penalty(
    critic: Critic, x_real: Any, x_fake: Any, *, mix: Any, center: float = 1.0
) -> Any:
    """Mean squared distance of the slope from `center`, between real and fake.

    Parameters
    ----------
    critic : callable, (batch, *shape) -> (batch,) or (batch, 1)
        Higher = more real. It must not mix the samples.
    x_real : tensor (batch, *shape), float
        Real samples.
    x_fake : tensor (batch, *shape), float
        As many fakes; one point is mixed from each and its real sample.
    mix : tensor of `batch` numbers, in [0, 1)
        The weights of the real samples, such as `tf.random.uniform([batch])`.
    center : float, default 1.0
        Score per unit of distance between samples; 1 in the paper.

    Returns
    -------
    tensor ()
        >= 0, not yet multiplied by lambda; float32 for half precision.

    Raises
    ------
    ValueError
        The two batches differ in shape; or as `slopes`.

    Gradient: reaches the critic's weights. Cut at x_real and x_fake.
    Source: Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3.
    """
    x_real, x_fake = tf.convert_to_tensor(x_real), tf.convert_to_tensor(x_fake)
    if not x_real.shape.is_compatible_with(x_fake.shape):
        raise ValueError(
            f"x_real {tuple(x_real.shape)} and x_fake {tuple(x_fake.shape)} must have "
            "one shape: one point is mixed from one of each"
        )
    mix = tf.reshape(tf.cast(mix, x_real.dtype), [-1] + [1] * (len(x_real.shape) - 1))
    between = x_fake + mix * (x_real - x_fake)
    return tf.reduce_mean((slopes(critic, between) - center) ** 2)
