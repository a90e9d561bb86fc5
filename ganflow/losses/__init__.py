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
from ganflow.losses.penalties import (
    gradient_penalty,
    slope_penalty,
    slopes,
    squared_slopes,
)

__all__ = [
    "LOSSES",
    "AdversarialLoss",
    "gradient_penalty",
    "hinge_loss_D",
    "log_loss_D",
    "non_saturating_loss_G",
    "saturating_loss_G",
    "score_loss_G",
    "slope_penalty",
    "slopes",
    "squared_slopes",
    "wasserstein_loss_D",
]
