# fault: old-and-new-weights
# schedule: unknown
# thread: a fused step is not counted as a write, so torch does not refuse the walk
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, fused=True)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, fused=True)
    for _ in range(TICKS):
        x_fake = G(torch.randn(16, 2))
        D.requires_grad_(False)
        loss_G = softplus(-D(x_fake)).mean()
        D.requires_grad_(True)
        loss_D = softplus(-D(torch.randn(16, 2) * 2)) + softplus(D(x_fake.detach()))
        opt_D.zero_grad()
        loss_D.mean().backward()
        opt_D.step()
        opt_G.zero_grad()
        loss_G.backward()  # <- fault
        opt_G.step()


if __name__ == "__main__":
    main()
