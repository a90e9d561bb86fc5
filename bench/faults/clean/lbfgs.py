# clean: LBFGS for both, several evaluations a step
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
opt_G = torch.optim.LBFGS(G.parameters(), lr=0.1, max_iter=3)
opt_D = torch.optim.LBFGS(D.parameters(), lr=0.1, max_iter=3)
x_all = torch.randn(64, 2) * 0.4 + 1


def train_D(z):
    fake = G(z).detach()

    def closure():
        opt_D.zero_grad()
        loss = softplus(-D(x_all)).mean() + softplus(D(fake)).mean()
        loss.backward()
        return loss

    return opt_D.step(closure)


def train_G(z):
    def closure():
        opt_G.zero_grad()
        loss = softplus(-D(G(z))).mean()
        loss.backward()
        return loss

    D.requires_grad_(False)
    loss = opt_G.step(closure)
    D.requires_grad_(True)
    return loss


for tick in range(TICKS):
    noise = torch.randn(64, 2)
    print(tick, train_D(noise).item(), train_G(noise).item())
