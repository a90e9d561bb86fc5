"""Train both players by one loss, or by one backward pass.

For Keras: `ganflow.tf.layers`, which loads TensorFlow.
"""

from ganflow.one_loss.batch_mixing import check_samples_apart
from ganflow.one_loss.cancellation import single_loss
from ganflow.one_loss.reversal import reverse_gradient
from ganflow.one_loss.shared_backward import (
    GradientRatio,
    OnePass,
    gradient_ratio,
    one_pass,
)

__all__ = [
    "GradientRatio",
    "OnePass",
    "check_samples_apart",
    "gradient_ratio",
    "one_pass",
    "reverse_gradient",
    "single_loss",
]
