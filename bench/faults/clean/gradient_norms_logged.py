# clean: a diagnostics function asks gradient norms by autograd.grad once a tick
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import autograd, nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
x_probe, z_probe = torch.randn(64, 2) + 1, torch.randn(64, 2)


def losses(x, z):
    real, fake = D(x), D(G(z))
    return {
        "D": softplus(-real).mean() + softplus(fake).mean(),
        "G": softplus(-fake).mean(),
    }


def gradient_norms():
    found = {}
    for name, net in (("G", G), ("D", D)):
        loss = losses(x_probe, z_probe)[name]
        grads = autograd.grad(loss, list(net.parameters()))
        found[name] = torch.stack([g.norm() for g in grads]).norm().item()
    return found


for tick in range(TICKS):
    x, z = torch.randn(16, 2) + 1, torch.randn(16, 2)
    opt_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z).detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(G(z))).mean().backward()
    opt_G.step()
    print(tick, gradient_norms())
