# fault: stale-weight-copy
# schedule: simultaneous
# thread: public loops, "a copy of the weight taken before the step"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    fixed = {k: p.detach().clone() for k, p in D.named_parameters()}  # <- fault
    x_fake = G(torch.randn(16, 2))

    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(16, 2) + 1)).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    score = functional_call(D, fixed, (x_fake,))  # <- fault
    softplus(-score).mean().backward()
    opt_G.step()
