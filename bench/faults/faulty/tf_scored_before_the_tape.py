# fault: dead-score
# schedule: alternating, D first|unknown
# thread: CSA-CDGAN 5; clinic "D calls everything real"
# framework: tensorflow
# players: G=G, D=D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


def main():
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    G = keras.Sequential([dense(32, "relu"), dense(2)])
    D = keras.Sequential([dense(32, "relu"), dense(1)])
    opt_G, opt_D = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
    for _ in range(TICKS):
        x_real, z = tf.random.normal([16, 2]) + 2.0, tf.random.normal([16, 4])
        score_fake = D(G(z))  # <- fault
        with tf.GradientTape() as tape:
            loss_D = tf.reduce_mean(tf.nn.softplus(-D(x_real)))
            loss_D += tf.reduce_mean(tf.nn.softplus(score_fake))  # <- fault
        grads = tape.gradient(loss_D, D.trainable_variables)  # <- fault
        opt_D.apply_gradients(zip(grads, D.trainable_variables, strict=True))

        with tf.GradientTape() as tape:
            loss_G = tf.reduce_mean(tf.nn.softplus(-D(G(z))))
        grads = tape.gradient(loss_G, G.trainable_variables)
        opt_G.apply_gradients(zip(grads, G.trainable_variables, strict=True))


if __name__ == "__main__":
    main()
