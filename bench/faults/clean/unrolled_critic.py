# clean: G learns against a critic three steps ahead, which is then put back
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import copy
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def critic_step(z):
    with torch.no_grad():
        fake = G(z)
    loss = (softplus(-D(torch.randn(16, 2) + 2)) + softplus(D(fake))).mean()
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
for _ in range(TICKS):
    critic_step(torch.randn(16, 2))

    z = torch.randn(16, 2)
    before = copy.deepcopy(D)
    for _ in range(3):
        critic_step(z)
    opt_G.zero_grad()
    opt_D.zero_grad()
    softplus(-D(G(z))).mean().backward()
    opt_G.step()
    D.load_state_dict(before.state_dict())
