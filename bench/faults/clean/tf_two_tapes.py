# clean: two tapes over one forward pass, batch norm and dropout
# schedule: simultaneous
# framework: tensorflow
# players: G=generator, D=discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


def make_generator_model():
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Dense(4 * 4 * 8, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(),
            layers.Reshape((4, 4, 8)),
            layers.Conv2DTranspose(1, 4, strides=4, activation="tanh"),
        ]
    )


def make_discriminator_model():
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Conv2D(8, 4, strides=4),
            layers.LeakyReLU(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


keras.utils.set_random_seed(0)
generator, discriminator = make_generator_model(), make_discriminator_model()
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
generator_optimizer = keras.optimizers.Adam(1e-4)
discriminator_optimizer = keras.optimizers.Adam(1e-4)


def train_step(images):
    noise = tf.random.normal([8, 16])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated_images = generator(noise, training=True)
        real_output = discriminator(images, training=True)
        fake_output = discriminator(generated_images, training=True)
        gen_loss = cross_entropy(tf.ones_like(fake_output), fake_output)
        disc_loss = cross_entropy(tf.ones_like(real_output), real_output)
        disc_loss += cross_entropy(tf.zeros_like(fake_output), fake_output)
    gen_weights = generator.trainable_variables
    disc_weights = discriminator.trainable_variables
    gradients_of_generator = gen_tape.gradient(gen_loss, gen_weights)
    gradients_of_discriminator = disc_tape.gradient(disc_loss, disc_weights)
    generator_optimizer.apply_gradients(
        zip(gradients_of_generator, gen_weights, strict=True)
    )
    discriminator_optimizer.apply_gradients(
        zip(gradients_of_discriminator, disc_weights, strict=True)
    )


for _ in range(TICKS):
    train_step(tf.random.uniform([8, 16, 16, 1], -1.0, 1.0))
