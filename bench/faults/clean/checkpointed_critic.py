# clean: D's blocks under checkpoint, use_reentrant=False
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.utils.checkpoint import checkpoint

TICKS = int(os.environ.get("TICKS", 4))


class Discriminator(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.last = nn.Linear(width, 1)

    def forward(self, x):
        h = self.first(x)
        for block in self.blocks:
            h = h + checkpoint(block, torch.tanh(h), use_reentrant=False)
        return self.last(h)


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
D = Discriminator()
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(16, 4))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.rand(16, 2))).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()
