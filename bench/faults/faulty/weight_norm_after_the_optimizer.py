# fault: earlier-weights|nobodys-weights
# also: never-moved
# schedule: alternating, D first
# thread: clinic "The optimizer holds other weights"; own
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils.parametrizations import weight_norm

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)  # <- fault
    for layer in (D[0], D[2]):
        weight_norm(layer)  # <- fault

    for _ in range(TICKS):
        D.zero_grad()
        fake = G(torch.randn(32, 2))
        loss = softplus(-D(torch.randn(32, 2) * 2)).mean()
        (loss + softplus(D(fake.detach())).mean()).backward()
        opt_D.step()  # <- fault
        opt_G.zero_grad()
        softplus(-D(fake)).mean().backward()
        opt_G.step()


if __name__ == "__main__":
    main()
