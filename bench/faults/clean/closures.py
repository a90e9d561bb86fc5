# clean: closures handed to the optimizers
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def closure_D(G, D, opt_D, x, z):
    def closure():
        opt_D.zero_grad()
        loss = softplus(-D(x)).mean() + softplus(D(G(z).detach())).mean()
        loss.backward()
        return loss

    return closure


def closure_G(G, D, opt_G, z):
    def closure():
        opt_G.zero_grad()
        loss = softplus(-D(G(z))).mean()
        loss.backward()
        return loss

    return closure


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 2))
    D = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
    opt_G = torch.optim.SGD(G.parameters(), lr=0.05, momentum=0.5)
    opt_D = torch.optim.SGD(D.parameters(), lr=0.05, momentum=0.5)
    for _ in range(TICKS):
        z, x = torch.randn(32, 2), torch.randn(32, 2) + 1
        loss_D = opt_D.step(closure_D(G, D, opt_D, x, z))
        loss_G = opt_G.step(closure_G(G, D, opt_G, z))
        print(f"D {loss_D.item():.3f} G {loss_G.item():.3f}")


if __name__ == "__main__":
    main()
