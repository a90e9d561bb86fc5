# fault: growing-graph
# schedule: alternating, D first
# thread: clinic "A frozen average of G that has a history"; pytorch_ema 1
# framework: torch
# players: G=G, D=D
import copy
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))


def update(average, net, decay=0.99):
    for mine, new in zip(average.parameters(), net.parameters(), strict=True):
        mine.mul_(decay).add_(new, alpha=1 - decay)  # <- fault


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    G_average = copy.deepcopy(G).requires_grad_(False)
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        z, x = torch.randn(16, 2), torch.randn(16, 2) + 1
        opt_D.zero_grad()
        (relu(1 - D(x)) + relu(1 + D(G(z).detach()))).mean().backward()
        opt_D.step()
        opt_G.zero_grad()
        (-D(G(z)).mean()).backward()
        opt_G.step()
        update(G_average, G)


if __name__ == "__main__":
    main()
