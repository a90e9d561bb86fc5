# fault: wiped-before-step
# also: step-moves-nobody, never-moved
# schedule: only D moves
# thread: clinic "zero_grad in the wrong place"
# framework: torch
# players: G=solver.G, D=solver.D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Solver:
    """Trains two networks with one helper that clears both."""

    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 2))
        self.D = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
        self.g_optimizer = torch.optim.SGD(self.G.parameters(), lr=0.05)
        self.d_optimizer = torch.optim.SGD(self.D.parameters(), lr=0.05)

    def reset_grad(self):
        for net in (self.G, self.D):
            for p in net.parameters():
                p.grad = None

    def train(self):
        for _ in range(TICKS):
            x_real = torch.randn(32, 2).add(1)

            x_fake = self.G(torch.randn(32, 2))
            d_loss = (self.D(x_real) - 1).square().mean()
            d_loss = d_loss + self.D(x_fake.detach()).square().mean()
            self.reset_grad()
            d_loss.backward()
            self.d_optimizer.step()

            x_fake = self.G(torch.randn(32, 2))
            g_loss = (self.D(x_fake) - 1).square().mean()
            g_loss.backward()
            self.reset_grad()  # <- fault
            self.g_optimizer.step()  # <- fault


torch.manual_seed(0)
solver = Solver()
solver.train()
