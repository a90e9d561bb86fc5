# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "G never learns: its fake is cut"; CycleGAN 332
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
    x_real = torch.randn(32, 2) + 2
    x_fake = G(torch.randn(32, 2)).detach()  # <- fault
    opt_D.zero_grad()
    (softplus(-D(x_real)).mean() + softplus(D(x_fake)).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()  # <- fault
    opt_G.step()  # <- fault
