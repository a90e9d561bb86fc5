# fault: growing-graph
# schedule: alternating, D first
# thread: clinic "Memory that grows: losses that are kept"; pytorch 64586
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
x_held_out = torch.randn(64, 2) + 2
held_out_loss = 0.0

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(32, 2) + 2)).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()

    held_out_loss += softplus(-D(x_held_out)).mean()  # <- fault
print("held out:", held_out_loss.item())
