# fault: old-and-new-weights
# schedule: unknown
# thread: keras.remat runs D again on the way back, with the weights of then
# framework: tensorflow
# players: G=G, D=D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
dense = keras.layers.Dense
G = keras.Sequential([keras.Input((4,)), dense(32, "relu"), dense(2)])
D = keras.Sequential([keras.Input((2,)), dense(32, "tanh"), dense(1)])
opt_G, opt_D = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
score = keras.remat(D)

for _ in range(TICKS):
    z, x = tf.random.normal([16, 4]), tf.random.normal([16, 2]) + 1.0
    with tf.GradientTape() as tape_G:
        loss_G = tf.reduce_mean(tf.nn.softplus(-score(G(z))))
    with tf.GradientTape() as tape_D:
        loss_D = tf.reduce_mean(tf.nn.softplus(-D(x)) + tf.nn.softplus(D(G(z))))
    opt_D.apply(tape_D.gradient(loss_D, D.trainable_variables), D.trainable_variables)
    slopes = tape_G.gradient(loss_G, G.trainable_variables)  # <- fault
    opt_G.apply(slopes, G.trainable_variables)
