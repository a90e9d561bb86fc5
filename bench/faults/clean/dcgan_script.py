# clean: DCGAN script, two backwards for D, batch norm in both
# schedule: alternating, D first
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
nz, batch_size = 8, 16


def weights_init(m):
    if isinstance(m, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(m.weight, 0.0, 0.02)
    elif isinstance(m, nn.BatchNorm2d):
        nn.init.normal_(m.weight, 1.0, 0.02)
        nn.init.zeros_(m.bias)


torch.manual_seed(999)
netG = nn.Sequential(
    nn.ConvTranspose2d(nz, 16, 4, bias=False),
    nn.BatchNorm2d(16),
    nn.ReLU(True),
    nn.ConvTranspose2d(16, 1, 4, 4, bias=False),
    nn.Tanh(),
).apply(weights_init)
netD = nn.Sequential(
    nn.Conv2d(1, 8, 4, 2, 1, bias=False),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(8, 16, 4, 2, 1, bias=False),
    nn.BatchNorm2d(16),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(16, 1, 4, bias=False),
    nn.Sigmoid(),
).apply(weights_init)
criterion = nn.BCELoss()
fixed_noise = torch.randn(4, nz, 1, 1)
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
G_losses, D_losses, img_list = [], [], []

for i in range(TICKS):
    netD.zero_grad()
    real = torch.rand(batch_size, 1, 16, 16) * 2 - 1
    label = torch.full((batch_size,), 1.0)
    output = netD(real).view(-1)
    errD_real = criterion(output, label)
    errD_real.backward()

    fake = netG(torch.randn(batch_size, nz, 1, 1))
    label.fill_(0.0)
    errD_fake = criterion(netD(fake.detach()).view(-1), label)
    errD_fake.backward()
    optimizerD.step()

    netG.zero_grad()
    label.fill_(1.0)
    errG = criterion(netD(fake).view(-1), label)
    errG.backward()
    optimizerG.step()

    G_losses.append(errG.item())
    D_losses.append((errD_real + errD_fake).item())
    if i % 2 == 0:
        with torch.no_grad():
            img_list.append(netG(fixed_noise).detach())
