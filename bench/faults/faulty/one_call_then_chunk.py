# fault: mixed-batch-norm
# schedule: 2 critic steps
# thread: ganhacks 9; public loops, "mixed batch" (real and fake in one D call)
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))


def make_critic():
    return nn.Sequential(
        nn.Conv2d(1, 8, 4, 4, bias=False),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(128, 1),
    )


def train_function(G, D, opt_G, opt_D, batch=8):
    """One cycle: two steps of D, one of G."""

    def train(real):
        for _ in range(2):
            opt_D.zero_grad()
            with torch.no_grad():
                fake = G(torch.randn(batch, 8))
            d_real, d_fake = D(torch.cat([real, fake], 0)).chunk(2)  # <- fault
            (relu(1 - d_real).mean() + relu(1 + d_fake).mean()).backward()
            opt_D.step()
        opt_G.zero_grad()
        (-D(G(torch.randn(batch, 8))).mean()).backward()
        opt_G.step()

    return train


if __name__ == "__main__":
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    D = make_critic()
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-4)
    opt_D = torch.optim.Adam(D.parameters(), lr=4e-4)
    train = train_function(G, D, opt_G, opt_D)
    for _ in range(TICKS):
        train(torch.rand(8, 1, 16, 16))
