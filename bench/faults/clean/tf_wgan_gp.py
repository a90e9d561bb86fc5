# clean: WGAN-GP, three critic steps, alpha for each sample, penalty inside the tape
# schedule: 3 critic steps
# framework: tensorflow
# players: G=generator, D=critic
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
generator = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
critic = keras.Sequential([keras.layers.Dense(32, "tanh"), keras.layers.Dense(1)])
generator_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)
critic_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)


def gradient_penalty(real, fake):
    alpha = tf.random.uniform([real.shape[0], 1])
    mixed = alpha * real + (1 - alpha) * fake
    with tf.GradientTape() as tape:
        tape.watch(mixed)
        score = critic(mixed)
    slope = tape.gradient(score, mixed)
    return tf.reduce_mean((tf.norm(slope, axis=1) - 1.0) ** 2)


def critic_step(real):
    fake = generator(tf.random.normal([16, 4]))
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
        loss += 10.0 * gradient_penalty(real, fake)
    weights = critic.trainable_variables
    critic_optimizer.apply_gradients(
        zip(tape.gradient(loss, weights), weights, strict=True)
    )


def generator_step():
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(critic(generator(tf.random.normal([16, 4]))))
    weights = generator.trainable_variables
    generator_optimizer.apply_gradients(
        zip(tape.gradient(loss, weights), weights, strict=True)
    )


for _ in range(TICKS):
    for _ in range(3):
        critic_step(tf.random.normal([16, 2]) + 1.0)
    generator_step()
