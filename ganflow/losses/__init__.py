"""What G and D minimise: adversarial losses and penalties, one sign convention."""

from ganflow.losses.adversarial import (
    LOSSES,
    AdversarialLoss,
    hinge_loss_D,
    log_loss_D,
    non_saturating_loss_G,
    saturating_loss_G,
    score_loss_G,
    wasserstein_loss_D,
)
from ganflow.losses.derivatives import ScoreDerivatives, score_derivatives
from ganflow.losses.every import EVERY_LOSS
from ganflow.losses.input_slopes import SLOPE_FORMS, slopes, squared_slopes
from ganflow.losses.least_squares import least_squares_loss_D, least_squares_loss_G
from ganflow.losses.penalties import gradient_penalty, mix_samples, slope_penalty
from ganflow.losses.piecewise_linear import cannot_spare, spare
from ganflow.losses.relativistic import relativistic_loss_D, relativistic_loss_G

__all__ = [
    "EVERY_LOSS",
    "LOSSES",
    "SLOPE_FORMS",
    "AdversarialLoss",
    "ScoreDerivatives",
    "cannot_spare",
    "gradient_penalty",
    "hinge_loss_D",
    "least_squares_loss_D",
    "least_squares_loss_G",
    "log_loss_D",
    "mix_samples",
    "non_saturating_loss_G",
    "relativistic_loss_D",
    "relativistic_loss_G",
    "saturating_loss_G",
    "score_derivatives",
    "score_loss_G",
    "slope_penalty",
    "slopes",
    "spare",
    "squared_slopes",
    "wasserstein_loss_D",
]
