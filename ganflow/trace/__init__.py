"""From a graph of torch or of TensorFlow to a DerivativeTrace, one module each."""
