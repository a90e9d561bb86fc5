"""A small G and D with one batch each, and what the tests of traces compute of them."""

import torch

from ganflow.nets import mlp_critic, mlp_generator
from ganflow.trace.watch import watch

ALL = ("0.weight", "0.bias", "2.weight", "2.bias")


def seeded(number):
    return torch.Generator().manual_seed(number)


def random(*shape, seed=0):
    """Normal numbers in float64."""
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def small_pair():
    """G and D with one hidden layer of 5, and a batch of 3 for each."""
    return {
        "G": mlp_generator(2, 5, 1, 2, generator=seeded(0)),
        "D": mlp_critic(2, 5, 1, generator=seeded(1)),
        "x_real": torch.randn(3, 2, generator=seeded(2)),
        "z": torch.randn(3, 2, generator=seeded(3)),
    }


def score_of_fake(pair, cut=lambda G, z: G(z)):
    """Watch D score a fake that `cut` made; the trace of the mean score."""
    with watch(**pair) as seen:
        loss = pair["D"](cut(pair["G"], pair["z"])).mean()
    return seen.trace(loss)


def penalty(D, x, *, create_graph=True):
    """Mean squared distance of D's slope at `x` from 1."""
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=create_graph)
    return ((slope.norm(dim=1) - 1) ** 2).mean()
