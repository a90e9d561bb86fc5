"""Train both players by one loss, or by one backward pass. Taught in book/06.

For Keras: `ganflow.one_loss.keras_layers`, which loads TensorFlow.
"""

from ganflow.one_loss.one_pass import OnePass, one_pass
from ganflow.one_loss.reverse_gradient import reverse_gradient
from ganflow.one_loss.samples_apart import check_samples_apart
from ganflow.one_loss.single_loss import single_loss

__all__ = [
    "OnePass",
    "check_samples_apart",
    "one_pass",
    "reverse_gradient",
    "single_loss",
]
