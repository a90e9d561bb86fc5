# fault: dead-score
# schedule: alternating, D first|unknown
# thread: CSA-CDGAN 5; clinic "D calls everything real: detach sits on its score"
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
    x_real, x_fake = torch.randn(32, 2) + 2, G(torch.randn(32, 2))
    opt_D.zero_grad()
    score_real, score_fake = D(x_real), D(x_fake).detach()  # <- fault
    loss_D = softplus(-score_real).mean() + softplus(score_fake).mean()
    loss_D.backward()  # <- fault
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()
