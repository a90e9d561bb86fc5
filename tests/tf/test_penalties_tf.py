"""TensorFlow's nested tapes give the penalty and the gradients that torch gives."""

import numpy as np
import pytest
import torch
from torch import nn

from ganflow.losses import SLOPE_FORMS, gradient_penalty, slope_penalty

# isort: split
import tensorflow as tf

from ganflow.tf import gradient_penalty as penalty_tf
from ganflow.tf import slopes as slopes_package

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


def smooth_critic(weights, x):
    return tf.tanh(tf.reshape(x, (len(x), -1)) @ weights[0]) @ weights[1]


SMOOTH = [DRAWN.normal(size=(128, 3)) / 8, DRAWN.normal(size=(3, 1))]


def of_package(weights):
    def critic(x):
        return smooth_critic(weights, x)

    return penalty_tf(critic, X_REAL, X_FAKE, mix=MIX)


def test_the_package_gives_the_penalty_of_torch_and_its_gradients():
    D = critic_torch()
    value = between_torch(D, "eager")
    value.backward()
    weights = [tf.Variable(weight) for weight in WEIGHTS]
    with tf.GradientTape() as outer:
        other = penalty_tf(lambda x: critic_tf(weights, x), X_REAL, X_FAKE, mix=MIX)
    np.testing.assert_allclose(other, value.detach(), rtol=1e-6)
    zero = tf.UnconnectedGradients.ZERO
    found = outer.gradient(other, weights, unconnected_gradients=zero)
    for weight, gradient in zip(D.parameters(), found, strict=True):
        wanted = torch.zeros_like(weight) if weight.grad is None else weight.grad
        np.testing.assert_allclose(gradient, wanted, 1e-6, 1e-9)


def test_the_gradient_of_the_penalty_is_its_finite_difference():
    weights = [tf.Variable(weight) for weight in SMOOTH]
    with tf.GradientTape() as outer:
        value = of_package(weights)
    gradients = outer.gradient(value, weights)
    step = 1e-6
    for weight, gradient in zip(weights, gradients, strict=True):
        for place in ((0, 0), (2, 0)):
            at = weight.numpy()
            moved = []
            for sign in (1, -1):
                there = at.copy()
                there[place] += sign * step
                weight.assign(there)
                moved.append(of_package(weights).numpy())
            weight.assign(at)
            wanted = (moved[0] - moved[1]) / (2 * step)
            np.testing.assert_allclose(gradient[place], wanted, rtol=1e-6, atol=1e-9)


def test_a_flat_critic_gets_no_nan_where_the_norm_of_tensorflow_gives_one():
    weight = tf.Variable(np.zeros((2, 1)))
    x = tf.constant(DRAWN.normal(size=(4, 2)))
    with tf.GradientTape(persistent=True) as outer:
        slope = slopes_package(lambda x: x @ weight, x)
        norm = tf.norm(weight)
    assert np.all(slope == 0) and np.all(outer.gradient(slope, weight) == 0)
    assert np.all(np.isnan(outer.gradient(norm, weight)))


def test_slopes_of_half_precision_are_float32():
    x = tf.constant(DRAWN.normal(size=(4, 2)), tf.float16)
    slope = slopes_package(lambda x: x @ tf.constant([[3e-4], [4e-4]], tf.float16), x)
    assert slope.dtype == tf.float32
    np.testing.assert_allclose(slope, 5e-4, rtol=1e-3)


def test_no_derivative_reaches_the_samples():
    x = tf.constant(X_REAL.reshape(5, -1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = penalty_tf(lambda x: tf.tanh(x) @ SMOOTH[0], x, 2 * x, mix=MIX)
    assert tape.gradient(value, x) is None


def test_batches_and_samples_of_a_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="must have one shape"):
        penalty_tf(tf.identity, X_REAL, X_FAKE[:3], mix=MIX)
    with pytest.raises(ValueError, match="samples are"):
        slopes_package(tf.identity, MIX)
