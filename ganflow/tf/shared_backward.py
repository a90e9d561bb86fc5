"""The TensorFlow twin of `one_pass`: a loss whose one gradient serves both players."""

from __future__ import annotations

from typing import Any

import numpy as np

from ganflow.losses import AdversarialLoss
from ganflow.tf.load import keras, tf


def one_pass_loss(
    D: keras.Model, loss: AdversarialLoss, x_real: Any, x_fake: Any, *, lam: float = 1.0
) -> tf.Tensor:
    """D's loss, with a gradient written by hand: D's to D, G's to x_fake.

    Parameters
    ----------
    D : Keras model, samples (n, *shape) to scores (n,) or (n, 1)
        Higher = more real. It must not mix samples (`check_samples_apart`).
    loss : AdversarialLoss
        A pair for Keras tensors, such as KERAS_LOSSES["hinge"].
    x_real : tensor (n, *shape), float
        The reals.
    x_fake : tensor (m, *shape), float
        The fakes, with their history.
    lam : float, default 1.0
        How much longer G's gradient is made.

    Returns
    -------
    tensor ()
        D's loss.

    Raises
    ------
    ValueError
        D gives a sample several scores.

    Gradient: a tape finds D's derivative at D's weights and lam times G's at x_fake,
    from one backward pass of D; nothing at x_real, no second derivative. Fakes that D's
    loss leaves at exactly zero, or so close that a ratio would overflow, make the whole
    batch of fakes go through D a second time, since a graph's shapes are fixed.
    Source: as `ganflow.one_loss.one_pass`.
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

    loss_D: Any = both(x_real, x_fake)
    return loss_D


def _derivatives(
    loss: AdversarialLoss, score_real: Any, score_fake: Any
) -> tuple[Any, list[Any], Any]:
    """D's loss, its derivative by both scores, and that of G's loss by the fakes'."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([score_real, score_fake])
        loss_D: Any = loss.D(score_real, score_fake)
        loss_G: Any = loss.for_G(score_real, score_fake)
    for_D = tape.gradient(loss_D, [score_real, score_fake])
    return loss_D, for_D, tape.gradient(loss_G, score_fake)


def _rescaled(
    D: keras.Model, x_fake: Any, slope: Any, for_D: Any, for_G: Any, upstream: Any
) -> Any:
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


def _each(numbers: Any, x: Any) -> Any:
    """One number for each sample, shaped to fit x."""
    return tf.reshape(numbers, [-1] + [1] * (len(x.shape) - 1))


def _check_one_score(score: Any) -> None:
    if any(size != 1 for size in score.shape[1:]):
        raise ValueError(
            f"D gave scores of shape {tuple(score.shape)}: one pass needs one score "
            "for each sample, so take the mean over the others in D"
        )


def check_samples_apart(D: keras.Model, x: np.ndarray) -> None:
    """Score a few samples twice in train mode, the others changed.

    D's variables, the seeds of its dropout among them, are put back after each time.

    Parameters
    ----------
    D : Keras model, samples (n, *shape) to scores (n,) or (n, 1)
        The critic to try.
    x : array (n, *shape), float
        Samples, two or more; four are enough.

    Raises
    ------
    ValueError
        The first sample's score changes with the others; or one sample in x.

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
