# fault: wiped-before-step
# schedule: alternating, D first
# thread: clinic "zero_grad in the wrong place"; BigGAN-PyTorch 25
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
nz, batch_size = 8, 16


def main():
    torch.manual_seed(1)
    netG = nn.Sequential(
        nn.ConvTranspose2d(nz, 16, 4),
        nn.BatchNorm2d(16),
        nn.ReLU(True),
        nn.ConvTranspose2d(16, 1, 4, 4),
        nn.Tanh(),
    )
    netD = nn.Sequential(
        nn.Conv2d(1, 16, 4, 4),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(16, 1, 4),
        nn.Flatten(),
        nn.Sigmoid(),
    )
    criterion = nn.BCELoss()
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    real_label, fake_label = torch.ones(batch_size, 1), torch.zeros(batch_size, 1)

    for _ in range(TICKS):
        netD.zero_grad()
        errD_real = criterion(netD(torch.rand(batch_size, 1, 16, 16)), real_label)
        errD_real.backward()

        fake = netG(torch.randn(batch_size, nz, 1, 1))
        netD.zero_grad()  # <- fault
        errD_fake = criterion(netD(fake.detach()), fake_label)
        errD_fake.backward()
        optimizerD.step()

        netG.zero_grad()
        errG = criterion(netD(fake), real_label)
        errG.backward()
        optimizerG.step()


if __name__ == "__main__":
    main()
