# fault: earlier-weights
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "The optimizer holds other weights" (an earlier network)
# framework: torch
# players: G=G, D=D
import copy
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

best_G = G
G = copy.deepcopy(best_G)  # <- fault

for _ in range(TICKS):
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(16, 2))).mean()
    loss_D = loss_D + softplus(D(G(torch.randn(16, 2)).detach())).mean()
    loss_D.backward()
    opt_D.step()

    G.zero_grad()
    softplus(-D(G(torch.randn(16, 2)))).mean().backward()
    opt_G.step()  # <- fault
