# fault: autocast-cache
# schedule: simultaneous
# thread: public loops, "The autocast cache makes schedules stale"; Flow-Factory 186
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_real = torch.randn(32, 2) + 2
    with torch.autocast("cpu", dtype=torch.bfloat16):  # <- fault
        x_fake = G(torch.randn(32, 2))
        opt_D.zero_grad()
        loss_D = softplus(-D(x_real).float()).mean()
        loss_D = loss_D + softplus(D(x_fake.detach()).float()).mean()
        loss_D.backward()
        opt_D.step()

        opt_G.zero_grad()
        loss_G = softplus(-D(x_fake).float()).mean()  # <- fault
        loss_G.backward()
        opt_G.step()
