# fault: same-pull
# schedule: alternating, D first
# thread: clinic "Both players pull the same way"; stylegan2 69 (the sign is arbitrary)
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
real_label, fake_label = 0.0, 1.0  # <- fault
netG = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
netD = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4)
optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4)
criterion = nn.BCEWithLogitsLoss()

for _ in range(TICKS):
    netD.zero_grad()
    label = torch.full((16, 1), real_label)
    errD_real = criterion(netD(torch.randn(16, 2) + 2), label)
    errD_real.backward()
    fake = netG(torch.randn(16, 4))
    label.fill_(fake_label)
    errD_fake = criterion(netD(fake.detach()), label)  # <- fault
    errD_fake.backward()
    optimizerD.step()

    netG.zero_grad()
    errG = criterion(netD(fake), torch.ones(16, 1))  # <- fault
    errG.backward()  # <- fault
    optimizerG.step()
