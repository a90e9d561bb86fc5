# fault: never-moved
# schedule: only D moves
# thread: clinic "zero_grad in the wrong place"; deepfillv2 6 (no step)
# framework: tensorflow
# players: G=gan.generator, D=gan.discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class GAN(keras.Model):
    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def compile(self, g_optimizer, d_optimizer, loss_fn):
        super().compile(run_eagerly=True)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.loss_fn = loss_fn

    def train_step(self, real):
        noise = tf.random.normal([tf.shape(real)[0], 4])
        with tf.GradientTape() as tape:
            real_score = self.discriminator(real)
            fake_score = self.discriminator(self.generator(noise))
            d_loss = self.loss_fn(tf.ones_like(real_score), real_score)
            d_loss += self.loss_fn(tf.zeros_like(fake_score), fake_score)
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply(grads, self.discriminator.trainable_weights)

        with tf.GradientTape() as tape:
            score = self.discriminator(self.generator(noise))
            g_loss = self.loss_fn(tf.ones_like(score), score)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)  # <- fault
        return {"d_loss": d_loss, "g_loss": g_loss}


def main():
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    gan = GAN(
        keras.Sequential([dense(32, "relu"), dense(2)]),
        keras.Sequential([dense(32, "relu"), dense(1)]),
    )
    gan.compile(
        keras.optimizers.Adam(1e-3),
        keras.optimizers.Adam(1e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    data = tf.data.Dataset.from_tensor_slices(tf.random.normal([8 * TICKS, 2]))
    gan.fit(data.batch(8), verbose=0)


if __name__ == "__main__":
    main()
