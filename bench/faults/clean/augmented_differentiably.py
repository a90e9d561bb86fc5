# clean: the same differentiable augmentation before every call of D
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def brightness(x):
    return x + torch.rand(x.size(0), 1, 1, 1) - 0.5


def contrast(x):
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (x - mean) * (torch.rand(x.size(0), 1, 1, 1) + 0.5) + mean


def translation(x):
    dy, dx = (int(s) for s in torch.randint(0, 5, (2,)))
    return F.pad(x, (2, 2, 2, 2))[..., dy : dy + x.size(2), dx : dx + x.size(3)]


def augment(x):
    for f in (brightness, contrast, translation):
        x = f(x)
    return x


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    D = nn.Sequential(
        nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
    )
    opt_G = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
    opt_D = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    for _ in range(TICKS):
        real, fake = torch.rand(8, 1, 16, 16), G(torch.randn(8, 8))
        d_real, d_fake = D(augment(real)), D(augment(fake.detach()))
        opt_D.zero_grad()
        (F.relu(1 - d_real).mean() + F.relu(1 + d_fake).mean()).backward()
        opt_D.step()
        opt_G.zero_grad()
        (-D(augment(fake)).mean()).backward()
        opt_G.step()


if __name__ == "__main__":
    main()
