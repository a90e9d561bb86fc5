# fault: other-loss-leftovers
# also: walks-into-generator
# schedule: alternating, D first
# thread: Lightning 591; pytorch/examples 116 (detach in D's step)
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def train(netG, netD, optG, optD, criterion):
    for _ in range(TICKS):
        netG.zero_grad()
        netD.zero_grad()

        fake = netG(torch.randn(8, 6, 1, 1))
        real_score = netD(torch.rand(8, 1, 16, 16))
        fake_score = netD(fake)
        errD = criterion(real_score, torch.ones(8, 1))
        errD = errD + criterion(fake_score, torch.zeros(8, 1))
        errD.backward()  # <- fault
        optD.step()

        output = netD(netG(torch.randn(8, 6, 1, 1)))
        errG = criterion(output, torch.ones(8, 1))
        errG.backward()
        optG.step()  # <- fault


if __name__ == "__main__":
    torch.manual_seed(0)
    netG = nn.Sequential(
        nn.ConvTranspose2d(6, 12, 4), nn.ReLU(), nn.ConvTranspose2d(12, 1, 4, 4)
    )
    netD = nn.Sequential(
        nn.Conv2d(1, 12, 4, 4), nn.LeakyReLU(0.2), nn.Conv2d(12, 1, 4), nn.Flatten()
    )
    optG = torch.optim.Adam(netG.parameters(), lr=2e-4)
    optD = torch.optim.Adam(netD.parameters(), lr=2e-4)
    train(netG, netD, optG, optD, nn.BCEWithLogitsLoss())
