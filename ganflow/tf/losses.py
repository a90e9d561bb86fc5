"""The pairs of `ganflow.losses` for Keras tensors, name for name.

Scores where higher = more real, batch means to be minimised, stable forms; formulas and
sources are those of `ganflow.losses`, against which each is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ganflow.losses import AdversarialLoss
from ganflow.tf.load import keras

Scores = Any  # what Keras calls a tensor differs with its backend
mean: Callable[..., Scores] = keras.ops.mean
relu: Callable[..., Scores] = keras.ops.relu
softplus: Callable[..., Scores] = keras.ops.softplus
square: Callable[..., Scores] = keras.ops.square


def _log_D(score_real: Scores, score_fake: Scores) -> Scores:
    return mean(softplus(-score_real)) + mean(softplus(score_fake))


def _hinge_D(score_real: Scores, score_fake: Scores) -> Scores:
    return mean(relu(1 - score_real)) + mean(relu(1 + score_fake))


def _wasserstein_D(score_real: Scores, score_fake: Scores) -> Scores:
    return mean(score_fake) - mean(score_real)


def _least_squares_D(score_real: Scores, score_fake: Scores) -> Scores:
    return (mean(square(score_real - 1)) + mean(square(score_fake))) / 2


def _score_G(score_fake: Scores) -> Scores:
    return -mean(score_fake)


KERAS_LOSSES: Mapping[str, AdversarialLoss] = MappingProxyType(
    {
        pair.name: pair
        for pair in (
            AdversarialLoss("saturating", _log_D, lambda f: -mean(softplus(f))),
            AdversarialLoss("non-saturating", _log_D, lambda f: mean(softplus(-f))),
            AdversarialLoss("hinge", _hinge_D, _score_G),
            AdversarialLoss("Wasserstein", _wasserstein_D, _score_G),
            AdversarialLoss(
                "least squares", _least_squares_D, lambda f: mean(square(f - 1)) / 2
            ),
            AdversarialLoss(
                "relativistic",
                lambda r, f: mean(softplus(f - r)),
                lambda r, f: mean(softplus(r - f)),
                G_reads_real=True,
            ),
        )
    }
)
