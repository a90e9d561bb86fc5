# clean: one persistent tape for both players
# schedule: simultaneous
# framework: tensorflow
# players: G=trainer.G, D=trainer.D
import os

import keras
import tensorflow as tf

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self):
        dense = keras.layers.Dense
        self.G = keras.Sequential([dense(32, "relu"), dense(2)])
        self.D = keras.Sequential([dense(32, "leaky_relu"), dense(1)])
        self.opt_G = keras.optimizers.RMSprop(5e-4)
        self.opt_D = keras.optimizers.RMSprop(5e-4)

    def step(self, x):
        with tf.GradientTape(persistent=True) as tape:
            real, fake = self.D(x), self.D(self.G(tf.random.normal([len(x), 4])))
            loss_D = tf.reduce_mean(tf.nn.softplus(-real) + tf.nn.softplus(fake))
            loss_G = tf.reduce_mean(tf.nn.softplus(-fake))
        grads_D = tape.gradient(loss_D, self.D.trainable_variables)
        grads_G = tape.gradient(loss_G, self.G.trainable_variables)
        del tape
        self.opt_D.apply_gradients(
            zip(grads_D, self.D.trainable_variables, strict=True)
        )
        self.opt_G.apply_gradients(
            zip(grads_G, self.G.trainable_variables, strict=True)
        )


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    trainer = Trainer()
    for _ in range(TICKS):
        trainer.step(tf.random.normal([16, 2]) + 1.0)
