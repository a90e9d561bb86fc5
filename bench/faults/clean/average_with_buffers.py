# clean: average of G's weights, its buffers copied
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import copy
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


@torch.no_grad()
def update_average(average, net, decay=0.99):
    for mine, new in zip(average.parameters(), net.parameters(), strict=True):
        mine.lerp_(new, 1 - decay)
    for mine, new in zip(average.buffers(), net.buffers(), strict=True):
        mine.copy_(new)


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
G_ema = copy.deepcopy(G).eval().requires_grad_(False)
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 8))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(32, 2))).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()
    update_average(G_ema, G)
    with torch.no_grad():
        picture = G_ema(torch.randn(4, 8))
