"""The TensorFlow twin of `one_pass`: a loss whose one gradient serves both players."""

from __future__ import annotations

import numpy as np

from ganflow.losses import AdversarialLoss
from ganflow.tf.load import keras, tf


def one_pass_loss(
    D: keras.Model, loss: AdversarialLoss, x_real, x_fake, *, lam: float = 1.0
):
    """D's loss, with a gradient written by hand: D's to D, G's to x_fake.

    Parameters
    ----------
    D : Keras model, samples to one score each; it must not mix them
        (`check_samples_apart`)
    loss : a pair, such as KERAS_LOSSES["hinge"]
    x_real, x_fake : tensors (n, *shape) and (m, *shape); x_fake with its history
    lam : how much longer G's gradient is made

    Returns
    -------
    Scalar tensor, D's loss

    Raises
    ------
    ValueError : D gives a sample several scores.

    Gradient: a tape finds D's derivative at D's weights and lam times G's at x_fake,
    from one backward pass of D; nothing at x_real, no second derivative. Fakes that D's
    loss leaves at exactly zero, or so close that a ratio would overflow, make the whole
    batch of fakes go through D a second time, since a graph's shapes are fixed.
    Source: as `one_pass`. Taught in book/06.
    """

    @tf.custom_gradient
    def both(x_real, x_fake):
        with tf.GradientTape() as tape:
            tape.watch(x_fake)
            scores = [D(x_real, training=True), D(x_fake, training=True)]
        for score in scores:
            _check_one_score(score)
        loss_D, for_D, for_G = _derivatives(loss, *scores)

        def back(upstream, variables=()):
            sent = [upstream * slope for slope in for_D]
            slope, *slopes = tape.gradient(scores, [x_fake, *variables], sent)
            slope = _rescaled(D, x_fake, slope, for_D[1], for_G, upstream)
            slopes = (slopes,) if variables else ()
            return (None, lam * slope), *slopes

        return loss_D, back

    return both(x_real, x_fake)


def _derivatives(loss: AdversarialLoss, score_real, score_fake):
    """D's loss, its derivative by both scores, and that of G's loss by the fakes'."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([score_real, score_fake])
        loss_D = loss.D(score_real, score_fake)
        loss_G = loss.for_G(score_real, score_fake)
    for_D = tape.gradient(loss_D, [score_real, score_fake])
    return loss_D, for_D, tape.gradient(loss_G, score_fake)


def _rescaled(D, x_fake, slope, for_D, for_G, upstream):
    """D's derivative by the fakes made G's, or G's found anew where D's is zero."""
    small = np.finfo(for_D.dtype.as_numpy_dtype).tiny ** 0.5
    none = tf.abs(for_D) <= small * tf.abs(for_G)
    missing = none & (for_G != 0)
    ratio = for_G / tf.where(none, tf.ones_like(for_D), for_D)
    ratio = tf.where(none, tf.zeros_like(ratio), ratio)
    scaled = slope * _each(ratio, slope)

    def again():
        with tf.GradientTape() as tape:
            tape.watch(x_fake)
            score = D(x_fake, training=True)
        anew = tape.gradient(score, x_fake, upstream * for_G)
        return tf.where(_each(missing, slope), anew, scaled)

    return tf.cond(tf.reduce_any(missing), again, lambda: scaled)


def _each(numbers, x):
    """One number for each sample, shaped to fit x."""
    return tf.reshape(numbers, [-1] + [1] * (len(x.shape) - 1))


def _check_one_score(score) -> None:
    if any(size != 1 for size in score.shape[1:]):
        raise ValueError(
            f"D gave scores of shape {tuple(score.shape)}: one pass needs one score "
            "for each sample, so take the mean over the others in D"
        )


def check_samples_apart(D: keras.Model, x) -> None:
    """Score a few samples twice in train mode, the others changed.

    D's variables, the seeds of its dropout among them, are put back after each time.

    Parameters
    ----------
    D : Keras model, samples in, one score each out. x : (n, *shape), two or more

    Raises
    ------
    ValueError : the first sample's score changes with the others; or one sample in x.

    Gradient: none is computed. It runs eagerly, so not inside a `tf.function`.
    """
    x = np.asarray(x)
    if len(x) < 2:
        raise ValueError("one sample cannot show whether samples mix: pass two or more")
    changed = np.concatenate([x[:1], 0.25 - x[1:] / 2]).astype(x.dtype)
    first, again = _score(D, x)[0], _score(D, changed)[0]
    if not np.all(np.abs(first - again) <= 64 * np.finfo(first.dtype).eps * abs(first)):
        found = [layer.name for layer in _batch_norms(D)]
        raise ValueError(
            "D's score of one sample changes when the other samples do"
            f"{' (' + ', '.join(found) + ')' if found else ''}: one backward pass "
            "cannot serve both players. Leave out what mixes samples, or take two "
            "backward passes"
        )


def _score(D: keras.Model, x: np.ndarray) -> np.ndarray:
    if not D.built:
        D(x)
    before = [variable.numpy() for variable in D.variables]
    score = D(x, training=True).numpy()
    for variable, value in zip(D.variables, before, strict=True):
        variable.assign(value)
    return score


def _batch_norms(D: keras.Model) -> list[keras.layers.Layer]:
    kind = keras.layers.BatchNormalization
    return [layer for layer in D._flatten_layers() if isinstance(layer, kind)]
