# clean: D under a checkpoint of either kind, fused steps, the score after D's step
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.utils.checkpoint import checkpoint

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, fused=True)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, fused=True)


def score(x, reentrant):
    return checkpoint(D, x, use_reentrant=reentrant)


for _ in range(TICKS):
    x_fake = G(torch.randn(16, 4))
    opt_D.zero_grad()
    loss_D = softplus(-score(torch.rand(16, 2), False)).mean()
    (loss_D + softplus(score(x_fake.detach(), False)).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-score(x_fake, True)).mean().backward()
    opt_G.step()
