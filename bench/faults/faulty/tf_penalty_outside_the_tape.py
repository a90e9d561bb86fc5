# fault: dead-penalty
# schedule: 2 critic steps
# thread: mlpack 2891; clinic "A penalty without effect"
# framework: tensorflow
# players: G=generator, D=critic
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
generator = keras.Sequential([keras.layers.Dense(32, "relu"), keras.layers.Dense(2)])
critic = keras.Sequential([keras.layers.Dense(32, "tanh"), keras.layers.Dense(1)])
g_opt = keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)
c_opt = keras.optimizers.Adam(1e-4, beta_1=0.0, beta_2=0.9)


def gradient_penalty(real, fake):
    alpha = tf.random.uniform([real.shape[0], 1])
    mixed = alpha * real + (1 - alpha) * fake
    with tf.GradientTape() as tape:
        tape.watch(mixed)
        score = critic(mixed)
    slope = tape.gradient(score, mixed)
    return tf.reduce_mean((tf.norm(slope, axis=1) - 1.0) ** 2)


def train_critic(real):
    fake = generator(tf.random.normal([16, 4]))
    penalty = gradient_penalty(real, fake)  # <- fault
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(critic(fake)) - tf.reduce_mean(critic(real))
        loss += 10.0 * penalty  # <- fault
    grads = tape.gradient(loss, critic.trainable_variables)  # <- fault
    c_opt.apply_gradients(zip(grads, critic.trainable_variables, strict=True))


def train_generator():
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(critic(generator(tf.random.normal([16, 4]))))
    grads = tape.gradient(loss, generator.trainable_variables)
    g_opt.apply_gradients(zip(grads, generator.trainable_variables, strict=True))


for _ in range(TICKS):
    for _ in range(2):
        train_critic(tf.random.normal([16, 2]) + 1.0)
    train_generator()
