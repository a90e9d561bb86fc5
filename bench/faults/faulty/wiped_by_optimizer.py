# fault: wiped-before-step
# also: step-moves-nobody, never-moved
# schedule: only G moves
# thread: clinic "zero_grad in the wrong place"; deepfillv2 6
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
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))

for tick in range(TICKS):
    x_real = torch.randn(32, 2) + 2
    x_fake = G(torch.randn(32, 2))

    loss_D = softplus(-D(x_real)).mean() + softplus(D(x_fake.detach())).mean()
    loss_D.backward()
    opt_D.zero_grad()  # <- fault
    opt_D.step()  # <- fault

    loss_G = softplus(-D(x_fake)).mean()
    opt_G.zero_grad()
    loss_G.backward()
    opt_G.step()
    print(f"{tick}: D {loss_D.item():.3f} G {loss_G.item():.3f}")
