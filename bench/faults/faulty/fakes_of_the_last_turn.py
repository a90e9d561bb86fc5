# fault: simultaneous-in-disguise
# schedule: simultaneous
# thread: reader questions (same z or fresh z); public loops, ESRGAN (D on self.output)
# framework: torch
# players: G=self.G, D=self.D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    """D, then G; D learns on the pictures that G's turn has made, to save a pass."""

    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 24), nn.SiLU(), nn.Linear(24, 2))
        self.D = nn.Sequential(nn.Linear(2, 24), nn.SiLU(), nn.Linear(24, 1))
        self.opt_G = torch.optim.Adam(self.G.parameters(), lr=1e-3)
        self.opt_D = torch.optim.Adam(self.D.parameters(), lr=1e-3)
        self.fake = self.G(torch.randn(16, 2)).detach()

    def turn_of_D(self, real):
        loss = (
            softplus(-self.D(real)).mean() + softplus(self.D(self.fake)).mean()
        )  # <- fault
        self.opt_D.zero_grad()
        loss.backward()
        self.opt_D.step()  # <- fault

    def turn_of_G(self):
        fake = self.G(torch.randn(16, 2))
        loss = softplus(-self.D(fake)).mean()
        self.opt_G.zero_grad()
        loss.backward()
        self.opt_G.step()
        self.fake = fake.detach()  # <- fault

    def run(self):
        for _ in range(TICKS):
            self.turn_of_D(torch.randn(16, 2) + 1)
            self.turn_of_G()


if __name__ == "__main__":
    torch.manual_seed(0)
    Trainer().run()
