"""What G and D minimise: adversarial losses and penalties, one sign convention."""

from ganflow.losses.adversarial import (
    LOSSES,
    AdversarialLoss,
    hinge_loss_D,
    least_squares_loss_D,
    least_squares_loss_G,
    log_loss_D,
    non_saturating_loss_G,
    relativistic_loss_D,
    relativistic_loss_G,
    saturating_loss_G,
    score_loss_G,
    wasserstein_loss_D,
)
from ganflow.losses.derivatives import ScoreDerivatives, score_derivatives
from ganflow.losses.input_slopes import SLOPE_FORMS, slopes, squared_slopes
from ganflow.losses.penalties import gradient_penalty, mix_samples, slope_penalty
from ganflow.losses.piecewise_linear import cannot_spare, spare

__all__ = [
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
