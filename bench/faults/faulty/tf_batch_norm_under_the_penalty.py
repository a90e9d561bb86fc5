# fault: batch-norm-penalty
# schedule: alternating, D first
# thread: hwalsuklee 17; Keras-GAN 253
# framework: tensorflow
# players: G=G, D=D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))
keras.utils.set_random_seed(0)
layers = keras.layers
G = keras.Sequential([layers.Dense(32, "relu"), layers.Dense(2)])
D = keras.Sequential(
    [
        layers.Dense(32),
        layers.BatchNormalization(),  # <- fault
        layers.LeakyReLU(0.2),
        layers.Dense(1),
    ]
)
G_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.5)
D_optimizer = keras.optimizers.Adam(1e-4, beta_1=0.5)


def gradient_penalty(f, real, fake):
    alpha = tf.random.uniform([len(real), 1])
    inter = real + alpha * (fake - real)
    with tf.GradientTape() as t:
        t.watch(inter)
        pred = f(inter)  # <- fault
    grad = t.gradient(pred, inter)  # <- fault
    return tf.reduce_mean((tf.norm(grad, axis=1) - 1.0) ** 2)  # <- fault


def train_D(x_real):
    x_fake = G(tf.random.normal([len(x_real), 4]), training=True)
    with tf.GradientTape() as t:
        gap = tf.reduce_mean(D(x_fake, training=True) - D(x_real, training=True))
        gp = gradient_penalty(lambda x: D(x, training=True), x_real, x_fake)
        D_loss = gap + 10.0 * gp
    D_grad = t.gradient(D_loss, D.trainable_variables)
    D_optimizer.apply_gradients(zip(D_grad, D.trainable_variables, strict=True))


def train_G(n):
    with tf.GradientTape() as t:
        x_fake = G(tf.random.normal([n, 4]), training=True)
        G_loss = -tf.reduce_mean(D(x_fake, training=True))
    G_grad = t.gradient(G_loss, G.trainable_variables)
    G_optimizer.apply_gradients(zip(G_grad, G.trainable_variables, strict=True))


for _ in range(TICKS):
    train_D(tf.random.normal([16, 2]) - 1.0)
    train_G(16)
