# clean: least squares, D's scores of the fakes start above the target of real
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
nn.init.constant_(D[2].bias, 2.5)
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    opt_D.zero_grad()
    loss_D = (D(torch.randn(32, 2) + 1) - 1).square().mean()
    loss_D = 0.5 * (loss_D + D(x_fake.detach()).square().mean())
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G = 0.5 * (D(x_fake) - 1).square().mean()
    loss_G.backward()
    opt_G.step()
