# fault: never-cleared|other-loss-leftovers
# also: walks-into-generator
# schedule: alternating, D first
# thread: Lightning 591; public loops, "No detach in D's turn"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)


def train_D(real):
    opt_D.zero_grad()
    fake = G(torch.randn(len(real), 4))
    loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
    loss.backward()  # <- fault
    opt_D.step()
    return loss.item()


def train_G(n):
    loss = softplus(-D(G(torch.randn(n, 4)))).mean()
    loss.backward()
    opt_G.step()  # <- fault
    return loss.item()


for _ in range(TICKS):
    batch = torch.rand(16, 2)
    print(f"D {train_D(batch):.3f}  G {train_G(len(batch)):.3f}")
