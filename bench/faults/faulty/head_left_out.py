# fault: never-moved
# schedule: alternating, D first
# thread: clinic "optimizer got an empty parameter list" (some of the weights)
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2))
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        return self.head(self.trunk(x))


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = Critic()
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.trunk.parameters(), lr=1e-3)  # <- fault

for _ in range(TICKS):
    x_real, z = torch.randn(16, 2) + 1, torch.randn(16, 2)
    D.zero_grad()
    x_fake = G(z)
    (relu(1 - D(x_real)).mean() + relu(1 + D(x_fake.detach())).mean()).backward()
    opt_D.step()  # <- fault
    G.zero_grad()
    (-D(x_fake).mean()).backward()
    opt_G.step()
