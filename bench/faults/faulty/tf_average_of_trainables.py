# fault: average-without-buffers
# schedule: alternating, D first
# thread: OASIS 21; ema-pytorch 29 (here: trainable_variables)
# framework: tensorflow
# players: G=G, D=D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


def make_G():
    layers = keras.layers
    net = keras.Sequential(
        [layers.Dense(32), layers.BatchNormalization(), layers.ReLU(), layers.Dense(2)]
    )
    net.build((None, 4))
    return net


def main():
    keras.utils.set_random_seed(0)
    G, G_average = make_G(), make_G()
    G_average.set_weights(G.get_weights())
    D = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(1)])
    opt_G, opt_D = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
    for _ in range(TICKS):
        x, z = tf.random.normal([16, 2]), tf.random.normal([16, 4])
        fake = G(z, training=True)
        with tf.GradientTape() as tape:
            loss_D = tf.nn.softplus(-D(x)) + tf.nn.softplus(D(fake))
        grads = tape.gradient(loss_D, D.trainable_variables)
        opt_D.apply_gradients(zip(grads, D.trainable_variables, strict=True))

        with tf.GradientTape() as tape:
            loss_G = tf.nn.softplus(-D(G(z, training=True)))
        grads = tape.gradient(loss_G, G.trainable_variables)
        opt_G.apply_gradients(zip(grads, G.trainable_variables, strict=True))

        for average, weight in zip(
            G_average.trainable_variables, G.trainable_variables, strict=True
        ):
            average.assign(0.99 * average + 0.01 * weight)  # <- fault


if __name__ == "__main__":
    main()
