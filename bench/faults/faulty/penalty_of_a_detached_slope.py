# fault: dead-penalty
# schedule: alternating, D first
# thread: GANs-for-1D-Signal 7; clinic "A penalty without effect"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
D = nn.Sequential(nn.Conv2d(1, 8, 4, 4), nn.SiLU(), nn.Flatten(), nn.Linear(128, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)


def r1_penalty(score, images):
    (slope,) = torch.autograd.grad(score.sum(), images, create_graph=True)
    slope = slope.data.flatten(1)  # <- fault
    return slope.square().sum(1).mean()


for _ in range(TICKS):
    images = torch.rand(8, 1, 16, 16, requires_grad=True)
    fake = G(torch.randn(8, 8))
    opt_D.zero_grad()
    score_real, score_fake = D(images), D(fake.detach())
    loss_D = softplus(-score_real).mean() + softplus(score_fake).mean()
    loss_D = loss_D + 5 * r1_penalty(score_real, images)  # <- fault
    loss_D.backward()  # <- fault
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(fake)).mean().backward()
    opt_G.step()
