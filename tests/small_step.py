"""A small training step, and a DCGAN with a gradient penalty, watched by torch."""

from functools import cache

import torch
from torch import nn
from torch.nn import functional as F

from ganflow.trace.watch import watch


def small_networks():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    return {"G": G, "D": D}


def small_step(G, D):
    """step(cut, frozen) -> (seen, losses); both losses read one fake batch."""
    z, x_real = torch.randn(16, 2), torch.randn(16, 2)

    def step(cut, frozen):
        D.requires_grad_(not frozen)
        with watch(G=G, D=D, x_real=x_real, z=z) as seen:
            x_fake = G(z)
            score_fake = D(x_fake.detach() if cut else x_fake)
            loss_D = F.softplus(-D(x_real)).mean() + F.softplus(score_fake).mean()
            loss_G = F.softplus(-score_fake).mean()
        D.requires_grad_(True)
        return seen, {"loss_D": loss_D, "loss_G": loss_G}

    return step


@cache
def dcgan_trace(width=4, loss="loss_D"):
    """A 64x64 DCGAN's critic loss with a gradient penalty, or its generator loss.

    `width` thins the layers; their number, and so the trace, stays that of DCGAN.
    """
    up = [(width * a, width * b) for a, b in ((8, 4), (4, 2), (2, 1))]
    G = nn.Sequential(
        nn.Unflatten(1, (100, 1, 1)),
        nn.ConvTranspose2d(100, width * 8, 4, 1, 0, bias=False),
        *(nn.BatchNorm2d(width * 8), nn.ReLU(True)),
        *(layer for a, b in up for layer in _up(a, b)),
        *(nn.ConvTranspose2d(width, 3, 4, 2, 1), nn.Tanh()),
    )
    D = nn.Sequential(
        *(nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(layer for b, a in reversed(up) for layer in _down(a, b)),
        *(nn.Conv2d(width * 8, 1, 4, 1, 0), nn.Flatten(0)),
    )
    x_real, z = torch.randn(2, 3, 64, 64), torch.randn(2, 100)
    with watch(G=G, D=D, x_real=x_real, z=z) as seen:
        x_fake = G(z)
        if loss == "loss_G":
            return seen.trace(-D(x_fake).mean())
        cut = x_fake.detach()
        mix = torch.lerp(cut, x_real, torch.rand(2, 1, 1, 1)).requires_grad_()
        (slope,) = torch.autograd.grad(D(mix).sum(), mix, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        return seen.trace(D(cut).mean() - D(x_real).mean() + 10 * penalty)


def _up(before, after):
    convolve = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return convolve, nn.BatchNorm2d(after), nn.ReLU(True)


def _down(before, after):
    return nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)
