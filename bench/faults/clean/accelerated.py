# clean: accelerate, prepared networks, optimizers and loader
# schedule: alternating, D first
# framework: torch
# players: G=netG, D=netD
# needs: accelerate
import os

import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

TICKS = int(os.environ.get("TICKS", 4))


def main():
    accelerator = Accelerator(cpu=True)
    torch.manual_seed(0)
    netG = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    netD = nn.Sequential(
        nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
    )
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
    loader = DataLoader(TensorDataset(torch.rand(8 * TICKS, 1, 16, 16)), batch_size=8)
    netG, netD, optimizerG, optimizerD, loader = accelerator.prepare(
        netG, netD, optimizerG, optimizerD, loader
    )
    criterion = nn.BCEWithLogitsLoss()

    for (real,) in loader:
        ones = torch.ones(len(real), 1, device=accelerator.device)
        netD.zero_grad()
        errD_real = criterion(netD(real), ones)
        accelerator.backward(errD_real)
        fake = netG(torch.randn(len(real), 8, device=accelerator.device))
        errD_fake = criterion(netD(fake.detach()), torch.zeros_like(ones))
        accelerator.backward(errD_fake)
        optimizerD.step()

        netG.zero_grad()
        errG = criterion(netD(fake), ones)
        accelerator.backward(errG)
        optimizerG.step()


if __name__ == "__main__":
    main()
