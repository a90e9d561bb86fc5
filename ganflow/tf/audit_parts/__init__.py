"""What `ganflow.tf.audit` is made of: it sees eager TensorFlow and Keras run."""
