# fault: old-and-new-weights
# also: scored-twice
# schedule: unknown
# thread: a step between forward and backward is refused for a plain layer alone
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
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(16, 4))
    loss_G = softplus(-checkpoint(D, x_fake, use_reentrant=False)).mean()
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.rand(16, 2))).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G.backward()  # <- fault
    opt_G.step()
