# fault: scored-twice
# schedule: alternating, D first
# thread: public loops, ESRGAN scores its fakes three times
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
netG = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
netD = nn.Sequential(
    nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
)
optG = torch.optim.Adam(netG.parameters(), lr=1e-3)
optD = torch.optim.Adam(netD.parameters(), lr=1e-3)

for tick in range(TICKS):
    real, fake = torch.rand(8, 1, 16, 16), netG(torch.randn(8, 8))
    optD.zero_grad()
    loss_D = softplus(-netD(real)).mean() + softplus(netD(fake.detach())).mean()
    D_x = netD(real).sigmoid().mean().item()  # <- fault
    D_G_z = netD(fake.detach()).sigmoid().mean().item()  # <- fault
    loss_D.backward()
    optD.step()

    netD.requires_grad_(False)
    optG.zero_grad()
    softplus(-netD(fake)).mean().backward()
    optG.step()
    netD.requires_grad_(True)
    print(f"{tick}: D(x) {D_x:.2f} D(G(z)) {D_G_z:.2f}")
