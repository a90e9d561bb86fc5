# clean: weights moved by hand, no optimizer
# schedule: alternating, D first|alternating, G first
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


def descend(net, loss, lr=0.05):
    net.zero_grad()
    loss.backward()
    with torch.no_grad():
        for p in net.parameters():
            p -= lr * p.grad


for _ in range(TICKS):
    fake = G(torch.randn(32, 2))
    loss_D = softplus(-D(torch.randn(32, 2) + 1)).mean()
    descend(D, loss_D + softplus(D(fake.detach())).mean())
    descend(G, softplus(-D(fake)).mean())
