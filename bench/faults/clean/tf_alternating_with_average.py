# clean: a tape for each turn, R1, average of all weights of a G with batch norm
# schedule: alternating, D first
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


def move(optimizer, tape, loss, net):
    grads = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables, strict=True))


def main():
    keras.utils.set_random_seed(0)
    G, G_average = make_G(), make_G()
    G_average.set_weights(G.get_weights())
    D = keras.Sequential([keras.layers.Dense(32, "swish"), keras.layers.Dense(1)])
    opt_G, opt_D = keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3)
    for _ in range(TICKS):
        x, z = tf.random.normal([16, 2]) - 1.0, tf.random.normal([16, 4])
        fake = G(z, training=True)
        with tf.GradientTape() as tape:
            with tf.GradientTape() as slope_tape:
                slope_tape.watch(x)
                score = D(x)
            slope = slope_tape.gradient(score, x)
            r1 = tf.reduce_mean(tf.reduce_sum(slope**2, axis=1))
            loss = tf.nn.softplus(-score) + tf.nn.softplus(D(fake))
            loss_D = tf.reduce_mean(loss) + 0.5 * r1
        move(opt_D, tape, loss_D, D)

        with tf.GradientTape() as tape:
            loss_G = tf.reduce_mean(tf.nn.softplus(-D(G(z, training=True))))
        move(opt_G, tape, loss_G, G)
        for average, weight in zip(G_average.weights, G.weights, strict=True):
            average.assign(0.99 * average + 0.01 * weight)


if __name__ == "__main__":
    main()
