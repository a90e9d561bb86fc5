# fault: step-moves-nobody
# also: never-moved
# schedule: only G moves
# thread: own, after the trap "autograd.grad and p.grad = g"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import autograd, nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 32), nn.SiLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.SiLU(), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), 1e-3)
    opt_D = torch.optim.Adam(D.parameters(), 1e-3)

    for _ in range(TICKS):
        x = torch.randn(16, 2) * 0.5 + 1.5
        fake = G(torch.randn(16, 2)).detach()
        loss_D = softplus(-D(x)).mean() + softplus(D(fake)).mean()
        grads_D = autograd.grad(loss_D, list(D.parameters()))
        opt_D.step()  # <- fault
        print("gradient of D:", torch.stack([g.norm() for g in grads_D]).norm().item())

        loss_G = softplus(-D(G(torch.randn(16, 2)))).mean()
        grads_G = autograd.grad(loss_G, list(G.parameters()))
        for p, g in zip(G.parameters(), grads_G, strict=True):
            p.grad = g
        opt_G.step()


if __name__ == "__main__":
    main()
