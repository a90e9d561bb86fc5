# fault: wasted-weight-gradients
# schedule: alternating, D first
# thread: public loops, examples dcgan (D's gradients in G's turn)
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 256), nn.Tanh())
D = nn.Sequential(nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_fake = G(torch.randn(16, 8))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.rand(16, 256))).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G = softplus(-D(x_fake)).mean()
    loss_G.backward()  # <- fault
    opt_G.step()
