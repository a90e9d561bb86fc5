# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "The cure that hides the error" and "G never learns"; keras 17444
# framework: tensorflow
# players: G=generator, D=discriminator
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
generator = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
discriminator = keras.Sequential(
    [keras.layers.Dense(32, "relu"), keras.layers.Dense(1)]
)
generator_optimizer = keras.optimizers.SGD(0.01)
discriminator_optimizer = keras.optimizers.SGD(0.01)
bce = keras.losses.BinaryCrossentropy(from_logits=True)


def train_step(real):
    noise = tf.random.normal([16, 4])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        fake = tf.stop_gradient(generator(noise))  # <- fault
        real_output, fake_output = discriminator(real), discriminator(fake)
        gen_loss = bce(tf.ones_like(fake_output), fake_output)
        disc_loss = bce(tf.ones_like(real_output), real_output)
        disc_loss += bce(tf.zeros_like(fake_output), fake_output)
    weights = generator.trainable_variables
    gradients = gen_tape.gradient(gen_loss, weights)  # <- fault
    pairs = zip(gradients, weights, strict=True)
    known = [(tf.zeros_like(w) if g is None else g, w) for g, w in pairs]  # <- fault
    generator_optimizer.apply_gradients(known)  # <- fault
    weights = discriminator.trainable_variables
    gradients = disc_tape.gradient(disc_loss, weights)
    discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))


for _ in range(TICKS):
    train_step(tf.random.normal([16, 2]) + 2.0)
