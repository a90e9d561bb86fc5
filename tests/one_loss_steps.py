"""A small DCGAN pair in float64, and each way to find both players' gradients."""

from dataclasses import dataclass

import torch
from torch import nn

from ganflow.losses import AdversarialLoss
from ganflow.nets import dcgan_critic, dcgan_generator
from ganflow.one_loss import one_pass, reverse_gradient, single_loss


@dataclass(frozen=True)
class Setting:
    """Networks with one batch each, of eight pictures of 16 x 16."""

    G: nn.Module
    D: nn.Module
    x_real: torch.Tensor
    z: torch.Tensor


def setting(seed=0, *, n=8):
    """Fakes score -1 on average with a spread of 1: a hinge leaves some of them."""
    rng = torch.Generator().manual_seed(seed)
    G = dcgan_generator(16, 6, 4, 1, generator=rng).double()
    D = dcgan_critic(16, 4, 1, generator=rng).double()
    z = torch.randn(n, 6, generator=rng, dtype=torch.float64)
    x_real = torch.rand(n, 1, 16, 16, generator=rng, dtype=torch.float64) * 2 - 1
    last = D[-2]
    with torch.no_grad():
        for layer in (D[0], D[2]):
            layer.weight *= 5
        last.weight /= D(G(z)).std()
        last.bias -= D(G(z)).mean() + 1
    return Setting(G, D, x_real, z)


def gradients(made):
    """Copies of what lies in each player's .grad, which are then cleared."""
    nets = {"G": made.G, "D": made.D}
    found = {name: [p.grad for p in net.parameters()] for name, net in nets.items()}
    for net in nets.values():
        net.zero_grad()
    return found


def two_step(made, loss: AdversarialLoss, lam=1.0):
    """Each player's own loss by its own weights: the definition."""
    G, D, x_real, z = made.G, made.D, made.x_real, made.z
    loss_D = loss.D(D(x_real), D(G(z).detach()))
    for_D = torch.autograd.grad(loss_D, list(D.parameters()))
    loss_G = loss.for_G(D(x_real).detach(), D(G(z)))
    for_G = torch.autograd.grad(lam * loss_G, list(G.parameters()))
    return {"G": list(for_G), "D": list(for_D)}


def by_one_pass(made, loss, lam=1.0):
    one_pass(made.G, made.D, loss, made.x_real, made.z, lam=lam)
    return gradients(made)


def by_single_loss(made, loss, lam=1.0):
    x_fake = made.G(made.z)
    scores = made.D(made.x_real), made.D(x_fake), made.D(x_fake.detach())
    single_loss(loss, *scores, lam).backward()
    return gradients(made)


def by_reversal(made, loss, lam=1.0):
    x_fake = reverse_gradient(made.G(made.z), lam)
    loss.D(made.D(made.x_real), made.D(x_fake)).backward()
    return gradients(made)


def largest_difference(found, expected):
    """Over all parameters, each relative to the largest derivative of its player."""
    worst = 0.0
    for name in ("G", "D"):
        largest = max(slope.abs().max() for slope in expected[name])
        assert largest > 0
        for a, b in zip(found[name], expected[name], strict=True):
            worst = max(worst, ((a - b).abs().max() / largest).item())
    return worst
