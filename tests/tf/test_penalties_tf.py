"""TensorFlow's nested tapes give the penalty and the gradients that torch gives."""

import numpy as np
import pytest
import torch
from torch import nn

from ganflow.losses import SLOPE_FORMS, gradient_penalty, slope_penalty

# isort: split
import tensorflow as tf

DRAWN = np.random.default_rng(0)
X_REAL, X_FAKE = DRAWN.normal(size=(2, 5, 2, 8, 8))
MIX = DRAWN.uniform(size=5)
WEIGHTS = [
    DRAWN.normal(size=(4, 2, 4, 4)) / 4,
    DRAWN.normal(size=4),
    DRAWN.normal(size=(1, 64)) / 4,
    DRAWN.normal(size=1),
]


def critic_torch():
    layers = [nn.Conv2d(2, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten()]
    D = nn.Sequential(*layers, nn.Linear(64, 1)).double()
    for weight, value in zip(D.parameters(), WEIGHTS, strict=True):
        weight.data = torch.from_numpy(value.copy())
    return D


def critic_tf(weights, x):
    """The same critic; TensorFlow has the channels last, flattened here as torch's."""
    kernel, bias, matrix, last = weights
    padded = tf.pad(tf.transpose(x, (0, 2, 3, 1)), [(0, 0), (1, 1), (1, 1), (0, 0)])
    kernel = tf.transpose(kernel, (2, 3, 1, 0))
    hidden = tf.nn.leaky_relu(tf.nn.conv2d(padded, kernel, 2, "VALID") + bias, 0.2)
    rows = tf.reshape(tf.transpose(hidden, (0, 3, 1, 2)), (len(x), -1))
    return rows @ tf.transpose(matrix) + last


def slopes_tf(weights, x):
    with tf.GradientTape() as inner:
        inner.watch(x)
        scores = critic_tf(weights, x)
    return tf.norm(tf.reshape(inner.gradient(scores, x), (len(x), -1)), axis=1)


def between_tf(weights):
    mix = tf.reshape(tf.constant(MIX), (-1, 1, 1, 1))
    x = mix * X_REAL + (1 - mix) * X_FAKE
    return tf.reduce_mean((slopes_tf(weights, x) - 1) ** 2)


def real_tf(weights):
    return tf.reduce_mean(slopes_tf(weights, tf.constant(X_REAL)) ** 2)


def between_torch(D, form):
    x_real, x_fake, mix = map(torch.from_numpy, (X_REAL, X_FAKE, MIX))
    return gradient_penalty(D, x_real, x_fake, mix=mix, form=form)


def real_torch(D, form):
    return slope_penalty(D, torch.from_numpy(X_REAL), form=form)


@pytest.mark.parametrize("form", SLOPE_FORMS)
@pytest.mark.parametrize(
    ("here", "there"), [(between_torch, between_tf), (real_torch, real_tf)]
)
def test_tensorflow_gives_the_same_penalty_and_the_same_gradients(here, there, form):
    D = critic_torch()
    value = here(D, form)
    value.backward()
    weights = [tf.Variable(weight) for weight in WEIGHTS]
    with tf.GradientTape() as outer:
        other = there(weights)
    assert value.detach().numpy() == pytest.approx(other.numpy(), rel=1e-6)
    zero = tf.UnconnectedGradients.ZERO
    wanted = outer.gradient(other, weights, unconnected_gradients=zero)
    for weight, gradient in zip(D.parameters(), wanted, strict=True):
        found = torch.zeros_like(weight) if weight.grad is None else weight.grad
        np.testing.assert_allclose(found.numpy(), gradient.numpy(), 1e-6, 1e-9)
