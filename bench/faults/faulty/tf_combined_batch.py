# fault: mixed-batch-norm
# schedule: alternating, D first
# thread: Keras-GAN 9; ganhacks 35
# framework: tensorflow
# players: G=gan.generator, D=gan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        layers = keras.layers
        self.generator = keras.Sequential(
            [layers.Dense(32, "relu"), layers.Dense(256, "tanh")]
        )
        self.discriminator = keras.Sequential(
            [
                layers.Dense(32),
                layers.BatchNormalization(),
                layers.LeakyReLU(0.2),
                layers.Dense(1),
            ]
        )
        self.d_optimizer = keras.optimizers.Adam(3e-4)
        self.g_optimizer = keras.optimizers.Adam(3e-4)
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    def train_step(self, real):
        n = tf.shape(real)[0]
        generated = self.generator(tf.random.normal([n, 8]), training=True)
        combined = tf.concat([generated, real], axis=0)  # <- fault
        labels = tf.concat([tf.ones([n, 1]), tf.zeros([n, 1])], axis=0)
        with tf.GradientTape() as tape:
            predictions = self.discriminator(combined, training=True)  # <- fault
            d_loss = self.loss_fn(labels, predictions)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal([n, 8]), training=True)
            predictions = self.discriminator(fake, training=True)
            g_loss = self.loss_fn(tf.zeros([n, 1]), predictions)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


def main():
    keras.utils.set_random_seed(0)
    gan = GAN()
    gan.compile(run_eagerly=True)
    images = tf.random.uniform([8 * TICKS, 256], -1.0, 1.0)
    gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)


if __name__ == "__main__":
    main()
