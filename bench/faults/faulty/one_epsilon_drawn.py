# fault: one-epsilon
# schedule: 2 critic steps
# thread: clinic "One alpha per pixel, or per column"; PyTorch-GAN 5
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_D = torch.optim.Adam(D.parameters(), lr=1e-4, betas=(0.0, 0.9))


def penalty(real, fake):
    eps = torch.rand(1)  # <- fault
    between = (eps * real + (1 - eps) * fake).requires_grad_()  # <- fault
    (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
    return 10 * (slope.norm(dim=1) - 1).square().mean()


for _ in range(TICKS):
    for _ in range(2):
        real = torch.randn(16, 2) + 2
        with torch.no_grad():
            fake = G(torch.randn(16, 2))
        opt_D.zero_grad()
        (D(fake).mean() - D(real).mean() + penalty(real, fake)).backward()
        opt_D.step()
    opt_G.zero_grad()
    (-D(G(torch.randn(16, 2))).mean()).backward()
    opt_G.step()
