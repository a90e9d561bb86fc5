# fault: never-cleared
# schedule: simultaneous
# thread: own, after the trap "autograd.grad and p.grad = g"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def hand_over(net, grads):
    for p, g in zip(net.parameters(), grads, strict=True):
        p.grad = g if p.grad is None else p.grad + g  # <- fault


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    D = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    opt_G = torch.optim.SGD(G.parameters(), lr=0.01)
    opt_D = torch.optim.SGD(D.parameters(), lr=0.01)
    for _ in range(TICKS):
        real, fake = D(torch.randn(16, 2) + 1), D(G(torch.randn(16, 2)))
        loss_D, loss_G = fake.mean() - real.mean(), -fake.mean()
        grads_G = torch.autograd.grad(loss_G, list(G.parameters()), retain_graph=True)
        grads_D = torch.autograd.grad(loss_D, list(D.parameters()))
        hand_over(G, grads_G)
        hand_over(D, grads_D)
        opt_G.step()  # <- fault
        opt_D.step()  # <- fault


if __name__ == "__main__":
    main()
