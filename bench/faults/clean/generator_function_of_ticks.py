# clean: the loop as a Python generator, G's gradient by backward(inputs=...)
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os
from itertools import islice

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def ticks(G, D, batches):
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for x in batches:
        fake = G(torch.randn_like(x))
        loss_D = softplus(-D(x)).mean() + softplus(D(fake.detach())).mean()
        loss_D.backward(inputs=list(D.parameters()))
        opt_D.step()
        opt_D.zero_grad()
        loss_G = softplus(-D(fake)).mean()
        loss_G.backward(inputs=list(G.parameters()))
        opt_G.step()
        opt_G.zero_grad()
        yield loss_D.item(), loss_G.item()


def mixture(n=32):
    while True:
        yield torch.randn(n, 2) * 0.1 + torch.randint(0, 2, (n, 1)) * 2 - 1


if __name__ == "__main__":
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 2))
    D = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
    for numbers in islice(ticks(G, D, mixture()), TICKS):
        print("D {:.3f} G {:.3f}".format(*numbers))
