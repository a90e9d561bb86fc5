# clean: fused Adam for D, foreach Adam for G
# schedule: alternating, D first
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
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3, foreach=True)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3, fused=True)
    for _ in range(TICKS):
        x, z = torch.randn(16, 2) * 2, torch.randn(16, 2)
        opt_D.zero_grad()
        (softplus(-D(x)).mean() + softplus(D(G(z).detach())).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        softplus(-D(G(z))).mean().backward()
        opt_G.step()


if __name__ == "__main__":
    main()
