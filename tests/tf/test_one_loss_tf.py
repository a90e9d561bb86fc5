"""One loss in Keras: its gradients, and `fit`, against torch and against two tapes."""

import numpy as np
import pytest
import torch

from ganflow.losses import LOSSES
from ganflow.tf import (
    KERAS_LOSSES,
    OnePass,
    SingleLoss,
    check_samples_apart,
    one_pass_loss,
)
from ganflow.tf.load import keras, tf

rng = np.random.default_rng(0)
X_REAL, Z = rng.uniform(-1, 1, (6, 4, 4, 1)), rng.normal(size=(6, 3))


def dense(*sizes, last):
    """Layers of float64 with tanh between."""
    layers = [
        keras.layers.Dense(n, "tanh" if k + 1 < len(sizes) else None, dtype="float64")
        for k, n in enumerate(sizes)
    ]
    return [*layers, *last]


def players(*extra):
    """G, and a D whose fakes score -1 on average with a spread of 1."""
    keras.utils.set_random_seed(0)
    shaped = keras.layers.Reshape((4, 4, 1), dtype="float64")
    G = keras.Sequential(dense(8, 16, last=[shaped]))
    flat = keras.layers.Flatten(dtype="float64")
    D = keras.Sequential([flat, *extra, *dense(8, 1, last=[])])
    score = D(G(Z)).numpy()
    weight, bias = D.trainable_variables[-2:]
    weight.assign(weight / score.std())
    bias.assign([-1 - score.mean() / score.std()])
    return G, D


def two_tapes(G, D, loss, lam=1.0):
    with tf.GradientTape() as tape_D:
        loss_D = loss.D(D(X_REAL), D(tf.stop_gradient(G(Z))))
    with tf.GradientTape() as tape_G:
        loss_G = lam * loss.for_G(D(X_REAL), D(G(Z)))
    for_G = tape_G.gradient(loss_G, G.trainable_variables)
    return for_G + tape_D.gradient(loss_D, D.trainable_variables)


def by_one_pass(G, D, loss, lam=1.0):
    """Of three times the loss, as loss scaling does, and divided by three."""
    with tf.GradientTape() as tape:
        total = 3.0 * one_pass_loss(D, loss, tf.constant(X_REAL), G(Z), lam=lam)
    slopes = tape.gradient(total, G.trainable_variables + D.trainable_variables)
    return [slope / 3.0 for slope in slopes]


def assert_same(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_are_those_of_torch(name):
    real, fake = rng.normal(size=(2, 7)) * 3
    pair, torchs = KERAS_LOSSES[name], LOSSES[name]
    for mine, its in ((pair.D, torchs.D), (pair.for_G, torchs.for_G)):
        value = its(torch.from_numpy(real), torch.from_numpy(fake))
        np.testing.assert_allclose(mine(tf.constant(real), tf.constant(fake)), value)


@pytest.mark.parametrize("name", KERAS_LOSSES)
def test_losses_stay_finite_at_scores_of_100(name):
    score = tf.constant([-100.0, 100.0])
    with tf.GradientTape() as tape:
        tape.watch(score)
        pair = KERAS_LOSSES[name]
        total = pair.D(score, -score) + pair.for_G(score, -score)
    assert np.isfinite(total) and np.isfinite(tape.gradient(total, score)).all()


@pytest.mark.parametrize("name", KERAS_LOSSES)
@pytest.mark.parametrize("run", [lambda f: f, tf.function], ids=["eager", "graph"])
def test_one_pass_gives_the_gradients_of_two_tapes(name, run):
    G, D = players()
    loss = KERAS_LOSSES[name]
    found = run(lambda: by_one_pass(G, D, loss, 0.3))()
    assert_same(found, two_tapes(G, D, loss, 0.3))


@pytest.mark.parametrize(("down", "flat"), [(0, "some"), (99, "all"), (-99, "none")])
def test_fakes_on_the_flat_of_a_hinge_send_G_its_own_derivative(down, flat):
    G, D = players()
    D.trainable_variables[-1].assign_sub([down])
    count = (D(G(Z)).numpy() <= -1).sum()
    assert {"some": 0 < count < 6, "all": count == 6, "none": count == 0}[flat]
    loss = KERAS_LOSSES["hinge"]
    assert_same(by_one_pass(G, D, loss), two_tapes(G, D, loss))


@pytest.mark.parametrize("layer", [SingleLoss, OnePass])
@pytest.mark.parametrize("name", ["hinge", "relativistic"])
def test_fit_takes_the_step_of_two_tapes(layer, name):
    """Plain gradient descent: the weights move by minus the step times gradient."""
    G, D = players()
    before = [v.numpy() for v in G.trainable_variables + D.trainable_variables]
    slopes = two_tapes(G, D, KERAS_LOSSES[name], 0.5)
    loss_D = KERAS_LOSSES[name].D(D(X_REAL), D(G(Z)))
    inputs = [
        keras.Input((4, 4, 1), dtype="float64"),
        keras.Input((3,), dtype="float64"),
    ]
    model = keras.Model(inputs, layer(G, D, name, 0.5, dtype="float64")(inputs))
    model.compile(keras.optimizers.SGD(0.1))
    shown = model.fit([X_REAL, Z], batch_size=6, epochs=1, verbose=0)
    after = G.trainable_variables + D.trainable_variables
    moved = [b - a.numpy() for a, b in zip(after, before, strict=True)]
    for move, slope in zip(moved, slopes, strict=True):
        np.testing.assert_allclose(move, 0.1 * slope, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(shown.history["loss"], [loss_D], rtol=1e-5)


def test_a_critic_that_mixes_samples_is_refused():
    norm = keras.layers.BatchNormalization(name="norm", dtype="float64")
    G, D = players(norm)
    kept = [v.numpy() for v in D.variables]
    inputs = [
        keras.Input((4, 4, 1), dtype="float64"),
        keras.Input((3,), dtype="float64"),
    ]
    with pytest.raises(ValueError, match=r"when the other samples do \(norm\)"):
        OnePass(G, D, "hinge", dtype="float64")(inputs)
    for v, value in zip(D.variables, kept, strict=True):
        np.testing.assert_array_equal(v, value)


def test_a_critic_with_dropout_keeps_samples_apart():
    _, D = players(keras.layers.Dropout(0.5, dtype="float64"))
    assert not np.allclose(D(X_REAL, training=True), D(X_REAL, training=True))
    check_samples_apart(D, X_REAL)


@pytest.mark.parametrize("mixes", [False, True])
def test_a_critic_without_weights_yet_gets_them_and_is_looked_at(mixes):
    """In training, and what that changes of its state is put back."""
    kind = keras.layers.BatchNormalization if mixes else keras.layers.LayerNormalization
    inner = [keras.layers.Flatten(), kind(dtype="float64")]
    D = keras.Sequential([*inner, keras.layers.Dense(1, dtype="float64")])
    if mixes:
        with pytest.raises(ValueError, match="when the other samples do"):
            check_samples_apart(D, X_REAL)
        norm = D.layers[1]
        np.testing.assert_array_equal(norm.moving_mean, np.zeros(16))
        np.testing.assert_array_equal(norm.moving_variance, np.ones(16))
    else:
        check_samples_apart(D, X_REAL)
    assert D.built


def test_a_critic_that_scores_all_alike_zero_mixes_nothing():
    flat = keras.layers.Flatten()
    last = keras.layers.Dense(1, kernel_initializer="zeros", dtype="float64")
    check_samples_apart(keras.Sequential([flat, last]), X_REAL)


def test_several_scores_for_a_sample_are_refused():
    D = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="one score for each"):
        one_pass_loss(D, KERAS_LOSSES["hinge"], *tf.zeros((2, 4, 4, 1, 1)))


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="expected one of saturating"):
        SingleLoss(*players(), "hinged")


def test_both_batches_are_scored_as_in_training():
    """A layer that does otherwise in training, such as dropout, does so for both."""

    class Told(keras.layers.Layer):
        def call(self, x, training=None):
            told.append(training)
            return x

    told = []
    D = keras.Sequential([keras.layers.Dense(1), Told()])
    D.build((None, 2))
    told.clear()
    one_pass_loss(D, KERAS_LOSSES["hinge"], tf.ones((4, 2)), tf.zeros((4, 2)))
    assert told == [True, True]
