"""FLOPs of a traced step agree with closed forms and with torch's count."""

import keras
import pytest
import tensorflow as tf
import torch
from torch import nn

from ganflow import cost_of
from ganflow.tf import flops_of


def random(*shape):
    return tf.random.stateless_normal(shape, (1, 2))


@pytest.mark.parametrize("turned", [False, True])
def test_a_product_takes_twice_its_three_sizes(turned):
    x, w = random(*((7, 5) if turned else (5, 7))), random(7, 3)
    assert flops_of(lambda: tf.matmul(x, w, transpose_a=turned)) == 2 * 5 * 7 * 3


@pytest.mark.parametrize("asked", ["x", "kernel", "both"])
@pytest.mark.parametrize("groups", [1, 2])
def test_each_derivative_of_a_convolution_takes_its_products_once_more(asked, groups):
    x, kernel = random(2, 8, 8, 4), random(3, 3, 4 // groups, 6)

    def step():
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            loss = tf.reduce_sum(tf.nn.conv2d(x, kernel, 2, "SAME") ** 2)
        of = {"x": [x], "kernel": [kernel], "both": [x, kernel]}[asked]
        return tape.gradient(loss, of)

    forward = 2 * (2 * 4 * 4 * 6) * (3 * 3 * 4 // groups)
    assert flops_of(step) == forward * (3 if asked == "both" else 2)


def test_what_no_result_needs_is_not_counted_but_a_side_effect_is():
    x, kept = random(4, 4), tf.Variable(tf.zeros((4, 4)))
    assert flops_of(lambda: [tf.matmul(x, x), x][1]) == 0
    assert flops_of(lambda: [kept.assign(tf.matmul(x, x)), x][1]) == 2 * 4**3


def test_a_step_of_two_networks_takes_what_it_takes_in_torch():
    G = [
        nn.Linear(5, 32),
        nn.Unflatten(1, (8, 2, 2)),
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
    ]
    D = [nn.Conv2d(3, 6, 4, 2, 1), nn.LeakyReLU(), nn.Flatten(), nn.Linear(24, 1)]
    G, D, z = nn.Sequential(*G), nn.Sequential(*D), torch.randn(7, 5)
    by_torch = cost_of(lambda: D(G(z)).sum().backward(), G=G, D=D, batch=7).flops
    layers = keras.layers
    up = layers.Conv2DTranspose(3, 4, 2, "same")
    G_tf = [keras.Input((5,)), layers.Dense(32), layers.Reshape((2, 2, 8)), up]
    down = layers.Conv2D(6, 4, 2, "same")
    D_tf = [keras.Input((4, 4, 3)), down, layers.LeakyReLU(), layers.Flatten()]
    G_tf, D_tf = keras.Sequential(G_tf), keras.Sequential([*D_tf, layers.Dense(1)])

    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(D_tf(G_tf(random(7, 5))))
        weights = G_tf.trainable_weights + D_tf.trainable_weights
        return loss, tape.gradient(loss, weights)

    assert flops_of(step) == by_torch


def test_a_batch_of_unknown_size_is_refused():
    @tf.function(input_signature=[tf.TensorSpec((None, 4))])
    def unknown(x):
        with pytest.raises(ValueError, match="fixed shapes, the batch included"):
            flops_of(lambda: tf.matmul(x, tf.ones((4, 2))))
        return x

    unknown(random(3, 4))
