"""WGAN-GP as a Keras model whose train step is one tick."""

from __future__ import annotations

from typing import Any

from ganflow.check import number, whole
from ganflow.tf.load import keras, tf
from ganflow.tf.losses import KERAS_LOSSES
from ganflow.tf.slope_penalty import gradient_penalty

LOSS = KERAS_LOSSES["Wasserstein"]


class WassersteinGAN(keras.Model):
    """A generator and a critic that `fit` trains: D five times, then G once.

    What `fit` hands to one train step are the real samples of one tick, (critic_steps,
    batch, ...): each critic step has its own batch.

    Parameters
    ----------
    G : Keras model, noise (n, latent) to samples (n, ...)
        The generator.
    D : Keras model, samples (n, ...) to scores (n,) or (n, 1)
        The critic; higher = more real. It must not mix the samples.
    critic_steps : int, >= 1, default 5
        Moves of D in a tick.
    strength : float, >= 0, default 10.0
        Of the penalty.
    seed : int, >= 0, default 0
        Of the noise, which depends on it and on the tick alone.
    **model : Any
        What a Keras model takes, such as its name.

    Raises
    ------
    ValueError
        An option out of its range.

    Gradient: D's step reaches D only, since G makes its fakes outside the tape; G's
    passes through D and is asked for at G's variables alone.
    Source: Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1.
    """

    def __init__(
        self,
        G: keras.Model,
        D: keras.Model,
        *,
        critic_steps: int = 5,
        strength: float = 10.0,
        seed: int = 0,
        **model: Any,
    ):
        super().__init__(**model)
        self.G, self.D = G, D
        self.critic_steps = whole("critic_steps", critic_steps, least=1)
        self.strength = number("strength", strength, least=0)
        self.seed = whole("seed", seed, least=0, below=2**31)
        self.gap = keras.metrics.Mean("gap")
        self.penalty = keras.metrics.Mean("penalty")
        self.built = True  # its networks are

    def compile(self, opt_G: Any, opt_D: Any, **options: Any) -> None:
        """Take an optimizer for each player, and build both.

        Parameters
        ----------
        opt_G : Keras optimizer
            G's.
        opt_D : Keras optimizer
            D's, another one.
        **options : Any
            What `keras.Model.compile` takes, such as run_eagerly or jit_compile.

        Raises
        ------
        ValueError
            One optimizer for both.
        """
        if opt_G is opt_D:
            raise ValueError(
                "opt_G and opt_D are one optimizer; expected two, since each keeps a "
                "memory of its player's weights and counts its own steps"
            )
        super().compile(optimizer=None, **options)  # else it makes one of its own
        self.opt_G, self.opt_D = opt_G, opt_D
        opt_G.build(self.G.trainable_variables)  # else a backup cannot be read back
        opt_D.build(self.D.trainable_variables)

    def call(self, z: Any, training: bool = False) -> Any:
        """What G makes of z."""
        return self.G(z, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """One tick on the real samples (critic_steps, batch, ...)."""
        x_real = keras.utils.unpack_x_y_sample_weight(data)[0]
        return self.tick(x_real, *self.noise(tf.shape(x_real)[1]))

    def tick(self, x_real: Any, z: Any, mix: Any) -> dict[str, Any]:
        """All moves of a tick, on what was sampled for it.

        Parameters
        ----------
        x_real : tensor (critic_steps, batch, ...)
            Real samples.
        z : tensor (critic_steps + 1, batch, latent)
            The last is for G's move.
        mix : tensor (critic_steps, batch), in [0, 1)
            The weights of the real samples in the points between.

        Returns
        -------
        dict of str to tensor ()
            Its metrics: means over the epoch so far.
        """
        for step in range(self.critic_steps):
            self.critic_step(x_real[step], z[step], mix[step])
        self.generator_step(z[-1])
        return {seen.name: seen.result() for seen in (self.gap, self.penalty)}

    def critic_step(self, x_real: Any, z: Any, mix: Any) -> None:
        """Move D once."""
        x_fake = self.G(z, training=True)  # outside the tape: no way back to G
        with tf.GradientTape() as tape:
            penalty = gradient_penalty(self.score, x_real, x_fake, mix=mix)
            loss_D = LOSS.D(self.score(x_real), self.score(x_fake))
            penalised = loss_D + self.strength * penalty
        variables = self.D.trainable_variables
        self.opt_D.apply(tape.gradient(penalised, variables), variables)
        self.gap.update_state(-loss_D)
        self.penalty.update_state(penalty)

    def generator_step(self, z: Any) -> None:
        """Move G once, through the critic."""
        with tf.GradientTape() as tape:
            loss_G: Any = LOSS.G(self.score(self.G(z, training=True)))
        variables = self.G.trainable_variables
        self.opt_G.apply(tape.gradient(loss_G, variables), variables)

    def score(self, x: Any) -> Any:
        """D's scores in train mode, which Keras takes only where it is asked to."""
        return self.D(x, training=True)

    def noise(self, batch: Any) -> tuple[Any, Any]:
        """z and mix of the next tick: of the seed and the ticks done, of no stream."""
        dtype, steps = self.G.compute_dtype, self.critic_steps
        ticks = tf.cast(self.opt_G.iterations, tf.int32)
        shape = (steps + 1, batch, self.G.input_shape[-1])
        z = tf.random.stateless_normal(
            shape, (self.seed, 2 * ticks), dtype=dtype, alg="philox"
        )
        mix = tf.random.stateless_uniform(
            shape[:2], (self.seed, 2 * ticks + 1), dtype=dtype, alg="philox"
        )
        return z, mix[:-1]
