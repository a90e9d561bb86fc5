# clean: G matches the mean of D's features, the real ones detached
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import mse_loss, softplus

TICKS = int(os.environ.get("TICKS", 4))


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2))
        self.head = nn.Linear(32, 1)

    def features(self, x):
        return self.trunk(x)

    def forward(self, x):
        return self.head(self.features(x))


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = Critic()
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)

for _ in range(TICKS):
    x_real, z = torch.randn(32, 2) - 1, torch.randn(32, 2)
    opt_D.zero_grad()
    loss_D = softplus(-D(x_real)).mean() + softplus(D(G(z).detach())).mean()
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    x_fake = G(z)
    wanted = D.features(x_real).detach().mean(0)
    found = D.features(x_fake).mean(0)
    (mse_loss(found, wanted) + softplus(-D(x_fake)).mean()).backward()
    opt_G.step()
