# fault: simultaneous-in-disguise
# schedule: simultaneous
# thread: PyTorch-GAN 76 and 114 (G first or D first)
# framework: tensorflow
# players: G=G, D=D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
G = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
D = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(1)])
opt_G = keras.optimizers.Adam(1e-4)
opt_D = keras.optimizers.Adam(1e-4)

for _ in range(TICKS):
    x_real = tf.random.normal([16, 2]) + 1.0
    with tf.GradientTape() as tape:
        x_fake = G(tf.random.normal([16, 4]))  # <- fault
        loss_G = tf.reduce_mean((D(x_fake) - 1.0) ** 2)
    grads = tape.gradient(loss_G, G.trainable_variables)
    opt_G.apply_gradients(zip(grads, G.trainable_variables, strict=True))

    with tf.GradientTape() as tape:
        loss_D = tf.reduce_mean((D(x_real) - 1.0) ** 2 + D(x_fake) ** 2)  # <- fault
    grads = tape.gradient(loss_D, D.trainable_variables)
    opt_D.apply_gradients(zip(grads, D.trainable_variables, strict=True))  # <- fault
