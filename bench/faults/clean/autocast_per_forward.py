# clean: autocast, a block for each forward pass, bfloat16
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
    G = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256))
    D = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        x_real, z = torch.rand(8, 256), torch.randn(8, 8)
        with torch.autocast("cpu", torch.bfloat16):
            score_real, score_fake = D(x_real), D(G(z).detach())
            loss_D = softplus(-score_real.float()) + softplus(score_fake.float())
        opt_D.zero_grad()
        loss_D.mean().backward()
        opt_D.step()

        with torch.autocast("cpu", torch.bfloat16):
            loss_G = softplus(-D(G(z)).float()).mean()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()


if __name__ == "__main__":
    main()
