"""The same questions asked of TensorFlow and Keras. Only modules in here load them.

The names below are lent lazily: importing the package loads no framework. `watch` and
`flow` are named as those of torch, which stand in `ganflow`.
"""

from ganflow.lazy import lend

__getattr__, __dir__, __all__ = lend(__name__, __file__)
