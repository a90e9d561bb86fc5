# clean: three generator steps for one of D, a class-conditional pair
# schedule: 3 generator steps
# framework: torch
# players: G=G, D=D
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
CLASSES = 3


class ConditionalG(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(CLASSES, 4)
        self.net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, z, y):
        return self.net(torch.cat([z, self.table(y)], 1))


class ProjectionD(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2))
        self.head, self.table = nn.Linear(32, 1), nn.Embedding(CLASSES, 32)

    def forward(self, x, y):
        h = self.trunk(x)
        return self.head(h) + (h * self.table(y)).sum(1, keepdim=True)


def main():
    torch.manual_seed(0)
    G, D = ConditionalG(), ProjectionD()
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-4)
    opt_D = torch.optim.Adam(D.parameters(), lr=4e-4)
    for _ in range(TICKS):
        y = torch.arange(15) % CLASSES
        real = torch.randn(15, 2) + y.unsqueeze(1)
        opt_D.zero_grad()
        fake = G(torch.randn(15, 4), y).detach()
        (F.relu(1 - D(real, y)).mean() + F.relu(1 + D(fake, y)).mean()).backward()
        opt_D.step()
        for _ in range(3):
            opt_G.zero_grad()
            (-D(G(torch.randn(15, 4), y), y).mean()).backward()
            opt_G.step()


if __name__ == "__main__":
    main()
