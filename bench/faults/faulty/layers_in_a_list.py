# fault: never-moved|nobodys-weights
# schedule: alternating, D first
# thread: clinic "optimizer got an empty parameter list": a plain list
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class Generator(nn.Module):
    def __init__(self, width=16, depth=2):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.blocks = [nn.Linear(width, width) for _ in range(depth)]  # <- fault
        self.last = nn.Linear(width, 2)

    def forward(self, z):
        h = self.first(z).relu()
        for block in self.blocks:
            h = h + block(h).relu()
        return self.last(h)


def main():
    torch.manual_seed(0)
    G = Generator()
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)  # <- fault
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        x = torch.randn(16, 2)
        opt_D.zero_grad()
        fake = G(torch.randn(16, 2)).detach()
        (softplus(-D(x)).mean() + softplus(D(fake)).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        softplus(-D(G(torch.randn(16, 2)))).mean().backward()
        opt_G.step()


if __name__ == "__main__":
    main()
