# fault: wrong-weights
# also: never-moved
# schedule: only D moves
# thread: clinic "The optimizer holds other weights"; open-universe 5; deepfillv2 3
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_D = torch.optim.Adam(list(D.parameters()), lr=4e-4, betas=(0.0, 0.9))
opt_G = torch.optim.Adam(list(D.parameters()), lr=1e-4, betas=(0.0, 0.9))  # <- fault

for _ in range(TICKS):
    z, x = torch.randn(32, 2), torch.randn(32, 2) * 0.1 + 1
    opt_D.zero_grad()
    (relu(1 - D(x)).mean() + relu(1 + D(G(z).detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    (-D(G(z)).mean()).backward()
    opt_G.step()  # <- fault
