"""Load TensorFlow and Keras: the only module that does.

After torch, since loaded the other way round the two can hang; and told to take GPU
memory as it needs it, not all of it.
"""

import contextlib
from importlib import import_module

import torch  # noqa: F401

from ganflow.loop_report.alone import is_on

# isort: split
import keras
import tensorflow as tf
from tensorflow.python.eager import backprop, context, imperative_grad
from tensorflow.python.framework import op_callbacks
from tensorflow.python.framework.function_def_to_graph import function_def_to_graph
from tensorflow.python.framework.ops import EagerTensor

__all__ = [
    "EagerTensor",
    "backprop",
    "context",
    "function_def_to_graph",
    "imperative_grad",
    "keras",
    "op_callbacks",
    "pywrap_tfe",
    "tf",
]

pywrap_tfe = import_module("tensorflow.python.pywrap_tfe")

# A script that is watched sets its devices itself.
for gpu in [] if is_on() else tf.config.list_physical_devices("GPU"):
    # A device already in use keeps the setting it began with.
    with contextlib.suppress(RuntimeError):
        tf.config.experimental.set_memory_growth(gpu, True)
