# clean: Keras model with a train_step of its own, run eagerly, one batch of both
# schedule: alternating, D first
# framework: tensorflow
# players: G=gan.generator, D=gan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class GAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator, self.generator = discriminator, generator
        self.latent_dim = latent_dim
        self.d_loss_tracker = keras.metrics.Mean(name="d_loss")
        self.g_loss_tracker = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile(run_eagerly=True)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.loss_fn = loss_fn

    @property
    def metrics(self):
        return [self.d_loss_tracker, self.g_loss_tracker]

    def train_step(self, real_images):
        batch_size = tf.shape(real_images)[0]
        vectors = tf.random.normal([batch_size, self.latent_dim])
        generated_images = self.generator(vectors)
        combined_images = tf.concat([generated_images, real_images], axis=0)
        labels = tf.concat(
            [tf.ones([batch_size, 1]), tf.zeros([batch_size, 1])], axis=0
        )
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            d_loss = self.loss_fn(labels, self.discriminator(combined_images))
        weights = self.discriminator.trainable_weights
        grads = tape.gradient(d_loss, weights)
        self.d_optimizer.apply_gradients(zip(grads, weights, strict=True))

        vectors = tf.random.normal([batch_size, self.latent_dim])
        misleading_labels = tf.zeros([batch_size, 1])
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(vectors))
            g_loss = self.loss_fn(misleading_labels, predictions)
        weights = self.generator.trainable_weights
        grads = tape.gradient(g_loss, weights)
        self.g_optimizer.apply_gradients(zip(grads, weights, strict=True))
        self.d_loss_tracker.update_state(d_loss)
        self.g_loss_tracker.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


def main():
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    discriminator = keras.Sequential([dense(32, "leaky_relu"), dense(1)])
    generator = keras.Sequential([dense(32, "relu"), dense(256, "tanh")])
    gan = GAN(discriminator, generator, latent_dim=8)
    gan.compile(
        keras.optimizers.Adam(3e-4),
        keras.optimizers.Adam(3e-4),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    images = tf.random.uniform([8 * TICKS, 256], -1.0, 1.0)
    gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)


if __name__ == "__main__":
    main()
