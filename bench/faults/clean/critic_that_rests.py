# clean: the critic's step is left out in ticks in which it is far ahead
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-2)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-2)
ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
for tick in range(2 * TICKS):
    fake = G(torch.randn(32, 2))
    real_scores, fake_scores = D(torch.randn(32, 2) + 2), D(fake.detach())
    opt_D.zero_grad()
    (bce(real_scores, ones) + bce(fake_scores, zeros)).backward()
    if tick % 4 != 3:  # stands for: its accuracy is below 0.8
        opt_D.step()

    opt_G.zero_grad()
    bce(D(fake), ones).backward()
    opt_G.step()
