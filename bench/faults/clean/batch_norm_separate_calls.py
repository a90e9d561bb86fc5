# clean: batch norm in D, separate calls for real and fake, one backward
# schedule: alternating, D first
# framework: torch
# players: G=gan.netG, D=gan.netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class DCGAN:
    def __init__(self):
        self.netG = nn.Sequential(
            nn.ConvTranspose2d(8, 16, 4, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 4, 4, bias=False),
            nn.Sigmoid(),
        )
        self.netD = nn.Sequential(
            nn.Conv2d(1, 16, 4, 4, bias=False),
            nn.BatchNorm2d(16),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 1, 4, bias=False),
            nn.Flatten(),
        )
        self.optG = torch.optim.Adam(self.netG.parameters(), lr=2e-4)
        self.optD = torch.optim.Adam(self.netD.parameters(), lr=2e-4)
        self.criterion = nn.BCEWithLogitsLoss()

    def train_on(self, real):
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        fake = self.netG(torch.randn(len(real), 8, 1, 1))
        self.optD.zero_grad()
        loss_D = self.criterion(self.netD(real), ones)
        loss_D = loss_D + self.criterion(self.netD(fake.detach()), zeros)
        loss_D.backward()
        self.optD.step()
        self.optG.zero_grad()
        self.criterion(self.netD(fake), ones).backward()
        self.optG.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    gan = DCGAN()
    for _ in range(TICKS):
        gan.train_on(torch.rand(8, 1, 16, 16))
