# clean: both networks under torch.compile (backend eager)
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
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    fast_G, fast_D = (
        torch.compile(G, backend="eager"),
        torch.compile(D, backend="eager"),
    )
    for _ in range(TICKS):
        fake = fast_G(torch.randn(16, 4))
        opt_D.zero_grad()
        loss_D = softplus(-fast_D(torch.rand(16, 2))).mean()
        (loss_D + softplus(fast_D(fake.detach())).mean()).backward()
        opt_D.step()

        opt_G.zero_grad()
        softplus(-fast_D(fake)).mean().backward()
        opt_G.step()


if __name__ == "__main__":
    main()
