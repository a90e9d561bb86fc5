# clean: SNGAN, hinge, two critic steps, spectral norm as a parametrization
# schedule: 2 critic steps
# framework: torch
# players: G=netG, D=netD
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
netG = nn.Sequential(
    nn.ConvTranspose2d(8, 16, 4), nn.ReLU(), nn.ConvTranspose2d(16, 1, 4, 4), nn.Tanh()
)
netD = nn.Sequential(
    spectral_norm(nn.Conv2d(1, 16, 4, 4)),
    nn.LeakyReLU(0.1),
    nn.Flatten(),
    spectral_norm(nn.Linear(256, 1)),
)
optG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.0, 0.9))
optD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.0, 0.9))

for _ in range(TICKS):
    for _ in range(2):
        netD.zero_grad()
        with torch.no_grad():
            fake = netG(torch.randn(8, 8, 1, 1))
        real = torch.rand(8, 1, 16, 16) * 2 - 1
        errD = F.relu(1 - netD(real)).mean() + F.relu(1 + netD(fake)).mean()
        errD.backward()
        optD.step()
    netG.zero_grad()
    errG = -netD(netG(torch.randn(8, 8, 1, 1))).mean()
    errG.backward()
    optG.step()
