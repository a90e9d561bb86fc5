# fault: same-pull
# schedule: alternating, D first
# thread: stylegan2 69; edge-connect 60 (which sign for hinge); audiolm 190
# framework: torch
# players: G=G, D=D
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def hinge_d(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_g(fake):
    return fake.mean()  # <- fault


def cycle(images):
    while True:
        yield from images


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    D = nn.Sequential(
        nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
    )
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-4)
    opt_D = torch.optim.Adam(D.parameters(), lr=4e-4)
    loader = cycle([torch.rand(8, 1, 16, 16) for _ in range(3)])
    for _ in range(TICKS):
        images, z = next(loader), torch.randn(8, 8)
        opt_D.zero_grad()
        hinge_d(D(images), D(G(z).detach())).backward()
        opt_D.step()

        opt_G.zero_grad()
        hinge_g(D(G(z))).backward()  # <- fault
        opt_G.step()


if __name__ == "__main__":
    main()
