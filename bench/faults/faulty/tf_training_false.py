# fault: left-in-eval
# schedule: simultaneous
# thread: clinic "Left in eval mode after a picture"; Keras 2.1.3 (batch norm)
# framework: tensorflow
# players: G=generator, D=discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
layers = keras.layers
generator = keras.Sequential(
    [layers.Dense(32), layers.BatchNormalization(), layers.ReLU(), layers.Dense(256)]
)
discriminator = keras.Sequential(
    [layers.Dense(32), layers.LeakyReLU(0.2), layers.Dropout(0.3), layers.Dense(1)]
)
optimizers = keras.optimizers.Adam(1e-4), keras.optimizers.Adam(1e-4)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


def train_step(images):
    noise = tf.random.normal([len(images), 8])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=False)  # <- fault
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
        disc_loss = cross_entropy(tf.ones_like(real_output), real_output)
        disc_loss += cross_entropy(tf.zeros_like(fake_output), fake_output)
    for tape, loss, net, optimizer in (
        (gen_tape, gen_loss, generator, optimizers[0]),
        (disc_tape, disc_loss, discriminator, optimizers[1]),
    ):
        grads = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(grads, net.trainable_variables, strict=True))


for _ in range(TICKS):
    train_step(tf.random.uniform([16, 256], -1.0, 1.0))
