"""ganflow: which loss reaches whose parameters, and who moves when.

The names below are lent lazily: importing the package loads no framework. What
TensorFlow and Keras answer stands under the same names in `ganflow.tf`.
"""

from ganflow.lazy import lend

__version__ = "0.1.0"
__getattr__, __dir__, __all__ = lend(__name__, __file__)
