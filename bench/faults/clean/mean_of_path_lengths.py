# clean: a path length against its running mean, in two passes that add up
# schedule: alternating, D first; own steps
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
mean_length = torch.zeros([])


def path_penalty(z):
    z = z.requires_grad_(True)
    image = G(z)
    (slope,) = torch.autograd.grad(
        (image * torch.randn_like(image)).sum(), z, create_graph=True
    )
    lengths = slope.square().sum(1).sqrt()
    mean = mean_length.lerp(lengths.mean(), 0.01)
    mean_length.copy_(mean.detach())
    return (lengths - mean).square().mean()


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
for _ in range(TICKS):
    fake = G(torch.randn(16, 2))
    opt_D.zero_grad()
    (
        softplus(-D(torch.randn(16, 2) + 2)) + softplus(D(fake.detach()))
    ).mean().backward()
    opt_D.step()

    D.requires_grad_(False)
    opt_G.zero_grad()
    softplus(-D(fake)).mean().backward()
    opt_G.step()

    opt_G.zero_grad()
    for _ in range(2):
        path_penalty(torch.randn(8, 2)).backward()
    opt_G.step()
    D.requires_grad_(True)
