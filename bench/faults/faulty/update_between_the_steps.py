# fault: scaler-updated-between
# schedule: simultaneous
# thread: accelerate 439; LVSM 19; neosr 9 and 50 (one GradScaler, two optimizers)
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
    opt_G = torch.optim.SGD(G.parameters(), lr=0.01)
    opt_D = torch.optim.SGD(D.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8, growth_interval=3)

    for _ in range(TICKS):
        fake = G(torch.randn(16, 2))
        loss_G = softplus(-D(fake)).mean()
        opt_G.zero_grad()
        scaler.scale(loss_G).backward(inputs=list(G.parameters()))

        loss_D = (
            softplus(-D(torch.randn(16, 2))).mean() + softplus(D(fake.detach())).mean()
        )
        opt_D.zero_grad()
        scaler.scale(loss_D).backward()

        scaler.step(opt_D)
        scaler.update()  # <- fault
        scaler.step(opt_G)  # <- fault
        scaler.update()


if __name__ == "__main__":
    main()
