# clean: pictures under no_grad in eval mode between ticks, back to train mode
# schedule: alternating, D first
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def sample_images(netG, z):
    netG.eval()
    with torch.no_grad():
        images = netG(z)
    netG.train()
    return images


def main():
    torch.manual_seed(0)
    netG = nn.Sequential(
        nn.Linear(8, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh()
    )
    netD = nn.Sequential(
        nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(64, 1)
    )
    optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4)
    optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4)
    bce, fixed = nn.BCEWithLogitsLoss(), torch.randn(4, 8)
    ones, zeros = torch.ones(16, 1), torch.zeros(16, 1)
    gallery = []
    for tick in range(TICKS):
        real, fake = torch.rand(16, 256), netG(torch.randn(16, 8))
        optimizer_D.zero_grad()
        (bce(netD(real), ones) + bce(netD(fake.detach()), zeros)).backward()
        optimizer_D.step()

        optimizer_G.zero_grad()
        bce(netD(fake), ones).backward()
        optimizer_G.step()
        if tick % 2 == 0:
            gallery.append(sample_images(netG, fixed))


if __name__ == "__main__":
    main()
