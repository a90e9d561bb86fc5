# fault: average-without-buffers
# schedule: alternating, D first
# thread: OASIS 21; style-based-gan-pytorch 112; ema-pytorch 29
# framework: torch
# players: G=G, D=D
import copy
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
G_ema = copy.deepcopy(G).requires_grad_(False).eval()
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(32, 2) + 2)).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()

    with torch.no_grad():
        for average, p in zip(G_ema.parameters(), G.parameters(), strict=True):
            average.lerp_(p, 0.01)  # <- fault
