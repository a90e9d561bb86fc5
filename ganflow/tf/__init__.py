"""The same questions asked of TensorFlow and Keras. Only modules in here load them."""
