# fault: dead-score
# schedule: alternating, D first
# thread: PyTorch-GAN 151 (must real be detached? no)
# framework: torch
# players: G=netG, D=netD
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def main():
    torch.manual_seed(0)
    netG = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 256), nn.Tanh())
    netD = nn.Sequential(nn.Linear(256, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.9))
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.9))
    for _ in range(TICKS):
        real, fake = torch.rand(8, 256), netG(torch.randn(8, 6))
        optimizerD.zero_grad()
        with torch.no_grad():  # real images need no gradient  # <- fault
            d_real = netD(real)  # <- fault
        d_fake = netD(fake.detach())
        d_loss = F.relu(1 - d_real).mean() + F.relu(1 + d_fake).mean()
        d_loss.backward()  # <- fault
        optimizerD.step()

        optimizerG.zero_grad()
        g_loss = -netD(fake).mean()
        g_loss.backward()
        optimizerG.step()


if __name__ == "__main__":
    main()
