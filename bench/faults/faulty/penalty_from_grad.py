# fault: dead-penalty
# schedule: alternating, D first
# thread: clinic "A penalty without effect"; mlpack 2891
# framework: torch
# players: G=wgan.netG, D=wgan.netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class WGAN:
    def __init__(self):
        self.netG = nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Linear(24, 2))
        self.netD = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
        self.optG = torch.optim.Adam(self.netG.parameters(), lr=1e-3)
        self.optD = torch.optim.Adam(self.netD.parameters(), lr=1e-3)

    def penalty(self, real, fake):
        mix = torch.rand(len(real), 1)
        x = torch.lerp(fake, real, mix).requires_grad_()
        self.netD(x).sum().backward()  # <- fault
        self.optD.zero_grad()
        return (x.grad.norm(dim=1) - 1).square().mean()  # <- fault

    def train_step(self, real):
        fake = self.netG(torch.randn(len(real), 2))
        penalty = self.penalty(real, fake.detach())
        loss_D = self.netD(fake.detach()).mean() - self.netD(real).mean()
        (loss_D + 10 * penalty).backward()  # <- fault
        self.optD.step()

        self.optG.zero_grad()
        self.netD(fake).mean().neg().backward()
        self.optG.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    wgan = WGAN()
    for _ in range(TICKS):
        wgan.train_step(torch.randn(16, 2) + 3)
