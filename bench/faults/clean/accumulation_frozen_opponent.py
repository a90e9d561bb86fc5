# clean: gradients of two parts accumulated, the opponent frozen
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
PARTS = 2


def freeze(net, frozen=True):
    for p in net.parameters():
        p.requires_grad = not frozen


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        freeze(G), freeze(D, False)
        opt_D.zero_grad(set_to_none=True)
        for _ in range(PARTS):
            real, fake = torch.randn(8, 2) + 1, G(torch.randn(8, 4))
            loss = softplus(-D(real)).mean() + softplus(D(fake)).mean()
            (loss / PARTS).backward()
        opt_D.step()

        freeze(D), freeze(G, False)
        opt_G.zero_grad(set_to_none=True)
        for _ in range(PARTS):
            (softplus(-D(G(torch.randn(8, 4)))).mean() / PARTS).backward()
        opt_G.step()


if __name__ == "__main__":
    main()
