# fault: other-loss-leftovers
# schedule: alternating, D first
# thread: Lightning 591; reader questions
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    loss_D = softplus(-D(torch.randn(32, 2) + 1)).mean()
    loss_D = loss_D + softplus(D(x_fake.detach())).mean()
    loss_D.backward()
    opt_D.step()  # <- fault
    opt_D.zero_grad()

    loss_G = softplus(-D(x_fake)).mean()
    loss_G.backward()  # <- fault
    opt_G.step()
    opt_G.zero_grad()
