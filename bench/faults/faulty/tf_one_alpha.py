# fault: one-epsilon
# schedule: 2 critic steps
# thread: keras-io 143, 415 and 624 (alpha of the gradient penalty)
# framework: tensorflow
# players: G=wgan.generator, D=wgan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class WGAN(keras.Model):
    def __init__(self, generator, discriminator, discriminator_extra_steps=2):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator
        self.d_steps = discriminator_extra_steps

    def compile(self, d_optimizer, g_optimizer):
        super().compile(run_eagerly=True)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

    def gradient_penalty(self, real_images, fake_images):
        alpha = tf.random.uniform([1, 1])  # <- fault
        interpolated = real_images + alpha * (fake_images - real_images)  # <- fault
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.discriminator(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=1) + 1e-12)
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real_images):
        n = tf.shape(real_images)[0]
        for _ in range(self.d_steps):
            fake_images = self.generator(tf.random.normal([n, 4]), training=True)
            with tf.GradientTape() as tape:
                fake_logits = self.discriminator(fake_images, training=True)
                real_logits = self.discriminator(real_images, training=True)
                d_loss = tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)
                d_loss += 10.0 * self.gradient_penalty(real_images, fake_images)
            weights = self.discriminator.trainable_variables
            self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        with tf.GradientTape() as tape:
            generated = self.generator(tf.random.normal([n, 4]), training=True)
            g_loss = -tf.reduce_mean(self.discriminator(generated, training=True))
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        return {"d_loss": d_loss, "g_loss": g_loss}


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    wgan = WGAN(
        keras.Sequential([dense(32, "relu"), dense(2)]),
        keras.Sequential([dense(32, "tanh"), dense(1)]),
    )
    wgan.compile(keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4))
    data = tf.data.Dataset.from_tensor_slices(tf.random.normal([16 * TICKS, 2]))
    wgan.fit(data.batch(16), verbose=0)
