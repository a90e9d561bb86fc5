# fault: wrong-weights
# also: never-moved
# schedule: only D moves
# thread: clinic "The optimizer holds other weights"; open-universe 5
# framework: tensorflow
# players: G=gan.generator, D=gan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class GAN:
    def __init__(self):
        layers = keras.layers
        self.generator = keras.Sequential([layers.Dense(32, "relu"), layers.Dense(2)])
        self.discriminator = keras.Sequential(
            [layers.Dense(32, "relu"), layers.Dense(1)]
        )
        self.g_opt, self.d_opt = (
            keras.optimizers.Adam(1e-3),
            keras.optimizers.Adam(1e-3),
        )

    def train_d(self, real):
        fake = self.generator(tf.random.normal([len(real), 4]))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.relu(1 - self.discriminator(real)))
            loss += tf.reduce_mean(tf.nn.relu(1 + self.discriminator(fake)))
        weights = self.discriminator.trainable_variables
        grads = tape.gradient(loss, weights)
        self.d_opt.apply_gradients(zip(grads, weights, strict=True))

    def train_g(self, n):
        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal([n, 4]))
            loss = -tf.reduce_mean(self.discriminator(fake))
        weights = self.discriminator.trainable_variables  # <- fault
        grads = tape.gradient(loss, weights)  # <- fault
        self.g_opt.apply_gradients(zip(grads, weights, strict=True))  # <- fault


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    gan = GAN()
    for _ in range(TICKS):
        gan.train_d(tf.random.normal([16, 2]))
        gan.train_g(16)
