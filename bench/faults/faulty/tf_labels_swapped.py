# fault: same-pull
# schedule: alternating, D first
# thread: clinic "Both players pull the same way"; stylegan2 69
# framework: tensorflow
# players: G=gan.generator, D=gan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class GAN(keras.Model):
    def __init__(self, discriminator, generator):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile(run_eagerly=True)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.loss_fn = loss_fn

    def noise(self, n):
        return tf.random.normal([n, 8])

    def train_step(self, real):
        n = tf.shape(real)[0]
        fake = self.generator(self.noise(n))
        combined = tf.concat([fake, real], axis=0)
        labels = tf.concat([tf.ones([n, 1]), tf.zeros([n, 1])], axis=0)  # <- fault
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(combined))
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        misleading = tf.ones([n, 1])  # <- fault
        with tf.GradientTape() as tape:
            score = self.discriminator(self.generator(self.noise(n)))
            g_loss = self.loss_fn(misleading, score)  # <- fault
        weights = self.generator.trainable_weights
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)  # <- fault
        return {"d_loss": d_loss, "g_loss": g_loss}


keras.utils.set_random_seed(0)
dense = keras.layers.Dense
gan = GAN(
    keras.Sequential([dense(32, "leaky_relu"), dense(1)]),
    keras.Sequential([dense(32, "relu"), dense(256, "tanh")]),
)
gan.compile(
    keras.optimizers.Adam(1e-4),
    keras.optimizers.Adam(1e-4),
    keras.losses.BinaryCrossentropy(from_logits=True),
)
images = tf.random.uniform([8 * TICKS, 256], -1.0, 1.0)
gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)
