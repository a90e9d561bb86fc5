# fault: frozen-critic-moves
# schedule: alternating, D first
# thread: clinic "A frozen D that moves"; DCGAN-tensorflow 289; keras 4762
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
netG = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
netD = nn.Sequential(
    nn.Conv2d(1, 8, 4, 2),
    nn.BatchNorm2d(8),
    nn.LeakyReLU(0.2),
    nn.Conv2d(8, 1, 4),
)
optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4)
optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4)
criterion = nn.BCEWithLogitsLoss()


def gan_loss(prediction, is_real):
    return criterion(prediction, torch.full_like(prediction, float(is_real)))


for _ in range(TICKS):
    real_A, real_B = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16)
    fake_B = netG(real_A)

    netD.requires_grad_(True)
    optimizer_D.zero_grad()
    loss_D = gan_loss(netD(real_B), True) + gan_loss(netD(fake_B.detach()), False)
    loss_D.backward()
    optimizer_D.step()

    netD.requires_grad_(False)  # <- fault
    optimizer_G.zero_grad()
    loss_G = gan_loss(netD(fake_B), True)  # <- fault
    loss_G.backward()
    optimizer_G.step()
