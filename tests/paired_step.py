"""The same networks and the same training step in torch and in Keras."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# isort: split
import keras
import tensorflow as tf

softplus, mean, stop = tf.nn.softplus, tf.reduce_mean, tf.stop_gradient


def networks():
    """The same generator and critic in torch and in Keras, with the same weights."""
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2)).double()
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).double()
    pair = {}
    for name, network, size in (("G", G, 2), ("D", D, 1)):
        model = keras.Sequential(
            [
                keras.Input((2,), dtype="float64"),
                keras.layers.Dense(8, activation="tanh", dtype="float64"),
                keras.layers.Dense(size, dtype="float64"),
            ]
        )
        weights = [p.detach().numpy().T for p in network.parameters()]
        model.set_weights(weights)
        pair[name] = model
    return {"G": G, "D": D}, pair


Z, X_REAL = np.random.default_rng(0).normal(size=(2, 5, 2))


def step_torch(G, D, z, x_real):
    """The losses of one training step, with a slope penalty at the real points."""
    x_fake = G(z)
    loss_D = F.softplus(-D(x_real)).mean() + F.softplus(D(x_fake.detach())).mean()
    loss_G = F.softplus(-D(x_fake)).mean()
    at = x_real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(D(at).sum(), at, create_graph=True)
    penalty = ((slope.square().sum(dim=1) + 1e-10).sqrt() - 1).square().mean()
    return {"loss_D": loss_D, "loss_G": loss_G, "penalty": penalty}


def step_tf(G, D, z, x_real):
    """The same losses."""
    x_fake = G(z)
    loss_D = mean(softplus(-D(x_real))) + mean(softplus(D(stop(x_fake))))
    loss_G = mean(softplus(-D(x_fake)))
    with tf.GradientTape() as tape:
        tape.watch(x_real)
        score = D(x_real)
    slope = tape.gradient(score, x_real)
    penalty = mean((tf.sqrt(tf.reduce_sum(slope**2, axis=1) + 1e-10) - 1) ** 2)
    return {"loss_D": loss_D, "loss_G": loss_G, "penalty": penalty}


STEPS = {"loss_D": "D", "loss_G": "G", "penalty": "D"}
