# clean: spectral norm of the older kind (weight_orig and weight_u)
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.nn.utils import spectral_norm

TICKS = int(os.environ.get("TICKS", 4))


class SNDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = spectral_norm(nn.Linear(2, 32))
        self.l2 = spectral_norm(nn.Linear(32, 32))
        self.l3 = spectral_norm(nn.Linear(32, 1))

    def forward(self, x):
        h = nn.functional.leaky_relu(self.l1(x), 0.2)
        return self.l3(nn.functional.leaky_relu(self.l2(h), 0.2))


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    D = SNDiscriminator()
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        opt_D.zero_grad()
        loss_D = softplus(-D(torch.randn(16, 2) + 2)).mean()
        (loss_D + softplus(D(G(torch.randn(16, 4)).detach())).mean()).backward()
        opt_D.step()

        opt_G.zero_grad()
        softplus(-D(G(torch.randn(16, 4)))).mean().backward()
        opt_G.step()


if __name__ == "__main__":
    main()
