# fault: frozen-critic-moves
# schedule: alternating, D first
# thread: pytorch 8208 (u moves where the weights rest); clinic "A frozen D that moves"
# framework: torch
# players: G=trainer.G, D=trainer.D
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
        self.D = nn.Sequential(
            spectral_norm(nn.Linear(2, 32)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Linear(32, 1)),
        )
        self.opt_G = torch.optim.Adam(self.G.parameters(), 1e-4, betas=(0.0, 0.9))
        self.opt_D = torch.optim.Adam(self.D.parameters(), 4e-4, betas=(0.0, 0.9))

    def step(self, real):
        fake = self.G(torch.randn(len(real), 4))
        self.opt_D.zero_grad()
        loss_D = (
            F.relu(1 - self.D(real)).mean() + F.relu(1 + self.D(fake.detach())).mean()
        )
        loss_D.backward()
        self.opt_D.step()

        for p in self.D.parameters():
            p.requires_grad = False  # <- fault
        self.opt_G.zero_grad()
        (-self.D(fake).mean()).backward()  # <- fault
        self.opt_G.step()
        for p in self.D.parameters():
            p.requires_grad = True


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    for _ in range(TICKS):
        trainer.step(torch.randn(16, 2) + 1)
