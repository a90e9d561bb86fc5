# fault: nobodys-weights
# schedule: alternating, D first
# thread: own
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import one_hot, softplus

TICKS = int(os.environ.get("TICKS", 4))
CLASSES = 4
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2 + CLASSES, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2 + CLASSES, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
label_table = nn.Parameter(torch.randn(CLASSES, CLASSES))  # was used before one_hot
opt_G = torch.optim.Adam([*G.parameters(), label_table], lr=1e-3)  # <- fault
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    y = one_hot(torch.randint(CLASSES, (16,)), CLASSES).float()
    real = torch.randn(16, 2) + y[:, :2]
    opt_D.zero_grad()
    fake = G(torch.cat([torch.randn(16, 2), y], 1))
    loss_D = softplus(-D(torch.cat([real, y], 1))).mean()
    loss_D = loss_D + softplus(D(torch.cat([fake.detach(), y], 1))).mean()
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(torch.cat([fake, y], 1))).mean().backward()
    opt_G.step()  # <- fault
