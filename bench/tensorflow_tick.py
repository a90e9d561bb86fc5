"""WGAN-GP's tick in TensorFlow, begun with weights and images of a torch run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from ganflow.tf.load import keras, tf
from ganflow.training import Run

Batches = tuple["tf.Tensor", "tf.Tensor", "tf.Tensor"]


class TensorFlowRun:
    """The networks, optimizers and images of a torch run, for TensorFlow.

    Attributes
    ----------
    G, D, averaged : keras.Sequential
        With the weights of the run's; images have their channels last.
    images : tf.Tensor (n, size, size, channels)
        All of the run's.
    """

    def __init__(self, run: Run):
        self.settings = settings = run.settings
        shape = (settings.size, settings.size, settings.channels)
        self.G, self.averaged = (twin(run.G, (settings.latent,)) for _ in range(2))
        self.D = twin(run.D, shape)
        adam = partial(
            keras.optimizers.Adam, beta_1=settings.beta1, beta_2=settings.beta2
        )
        self.optimizer_G = adam(settings.rate_G, epsilon=1e-8)  # as torch has it
        self.optimizer_D = adam(settings.rate_D, epsilon=1e-8)
        self.optimizer_G.build(self.G.trainable_variables)
        self.optimizer_D.build(self.D.trainable_variables)
        self.images = tf.constant(run.images.permute(0, 2, 3, 1).numpy(force=True))
        self.tick = tf.function(self._tick)

    def move_D(self, x_real: tf.Tensor, z: tf.Tensor, mix: tf.Tensor) -> None:
        """Move D once. Gradient: D's; the fakes are made outside of the tape."""
        mean, x_fake = tf.reduce_mean, self.G(z, training=True)
        between = x_fake + mix[:, None, None, None] * (x_real - x_fake)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(between)
                score = tf.reduce_sum(self.D(between))
            derivative = inner.gradient(score, between)
            slope = tf.sqrt(tf.reduce_sum(derivative**2, axis=(1, 2, 3)))
            penalty = self.settings.strength * mean((slope - 1) ** 2)
            loss_D = mean(self.D(x_fake)) - mean(self.D(x_real)) + penalty
        weights = self.D.trainable_variables
        self.optimizer_D.apply(outer.gradient(loss_D, weights), weights)

    def move_G(self, z: tf.Tensor) -> tf.Tensor:
        """Move G once. Gradient: passes through D, whose weights ask for none."""
        weights = self.G.trainable_variables
        with tf.GradientTape() as tape:
            loss_G = -tf.reduce_mean(self.D(self.G(z, training=True)))
        self.optimizer_G.apply(tape.gradient(loss_G, weights), weights)
        return loss_G

    def moves(self, x_real: tf.Tensor, z: tf.Tensor, mix: tf.Tensor) -> tf.Tensor:
        """Make all moves of a tick, on what `Batches` of the package hold."""
        for k in range(self.settings.critic_steps):
            self.move_D(x_real[k], z[k], mix[k])
        return self.move_G(z[-1])

    def _draw(self) -> Batches:
        count, batch = self.settings.critic_steps, self.settings.batch
        images = tf.shape(self.images)[0]
        indices = tf.random.uniform((count, batch), 0, images, tf.int32)
        z = tf.random.normal((count + 1, batch, self.settings.latent))
        return tf.gather(self.images, indices), z, tf.random.uniform((count, batch))

    def _tick(self) -> tf.Tensor:
        loss_G = self.moves(*self._draw())
        decay = self.settings.ema
        pairs = zip(self.averaged.variables, self.G.variables, strict=True)
        for average, value in pairs:
            average.assign(decay * average + (1 - decay) * value)
        return loss_G


def tensorflow_tick(run: Run) -> Callable[[], Tensor]:
    """One tick after the other, on the run's kind of device; each is waited for."""
    device = "/GPU:0" if run.device.type == "cuda" else "/CPU:0"
    with tf.device(device):
        own = TensorFlowRun(run)

    def one_tick() -> Tensor:
        with tf.device(device):
            return torch.as_tensor(own.tick().numpy())

    return one_tick


def twin(net: nn.Sequential, shape: tuple[int, ...]) -> keras.Sequential:
    """The same network for Keras, channels last, with the same weights."""
    pairs = [(layer, _layer(layer)) for layer in net]
    model = keras.Sequential([keras.Input(shape), *(own for _, own in pairs)])
    for layer, own in pairs:
        own.set_weights([value.numpy(force=True) for value in _weights(layer)])
    return model


def _layer(layer: nn.Module) -> keras.Layer:
    """A layer of `nets`, for Keras."""
    match layer:
        case nn.Unflatten():
            return keras.layers.Reshape((1, 1, -1))
        case nn.Conv2d() | nn.ConvTranspose2d():
            up = isinstance(layer, nn.ConvTranspose2d)
            kind = keras.layers.Conv2DTranspose if up else keras.layers.Conv2D
            return kind(
                layer.out_channels,
                layer.kernel_size[0],
                layer.stride[0],
                "same" if layer.padding[0] else "valid",
                use_bias=layer.bias is not None,
            )
        case nn.BatchNorm2d():
            momentum = 1 - (layer.momentum or 0)
            return keras.layers.BatchNormalization(momentum=momentum, epsilon=layer.eps)
        case nn.LeakyReLU():
            return keras.layers.LeakyReLU(layer.negative_slope)
        case nn.ReLU():
            return keras.layers.ReLU()
        case nn.Tanh():
            return keras.layers.Activation("tanh")
        case nn.Flatten():
            return keras.layers.Flatten()
    raise TypeError(f"no layer of Keras is known for {layer}")


def _weights(layer: nn.Module) -> list[Tensor]:
    """In Keras' order; a kernel's height and width come first there."""
    if isinstance(layer, nn.BatchNorm2d):
        running = [layer.running_mean, layer.running_var]
        return [*layer.parameters(), *(each for each in running if each is not None)]
    values = [value.detach() for value in layer.parameters()]
    return [v.permute(2, 3, 1, 0) if v.ndim == 4 else v for v in values]
