# fault: saturated
# schedule: alternating, D first
# thread: clinic "D is too sure: G's gradient arrives, and is tiny"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.SGD(G.parameters(), lr=0.05)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)


def real_batch(n=32):
    return torch.randn(n, 2) + 1


def loss_of_D(real, fake):
    return softplus(-D(real)).mean() + softplus(D(fake.detach())).mean()


warm = torch.optim.Adam(D.parameters(), lr=0.2)
for _ in range(300):  # D meets the fakes first, for too long
    warm.zero_grad()
    softplus(D(G(torch.randn(32, 2)).detach())).mean().backward()
    warm.step()

for tick in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    loss_D = loss_of_D(real_batch(), x_fake)
    opt_D.zero_grad()
    loss_D.backward()
    opt_D.step()

    loss_G = torch.log(1 - D(x_fake).sigmoid() + 1e-12).mean()  # <- fault
    opt_G.zero_grad()
    loss_G.backward()  # <- fault
    opt_G.step()
    print(f"{tick}: D {loss_D.item():.2e} G {loss_G.item():.2e}")
