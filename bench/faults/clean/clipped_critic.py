# clean: WGAN, three critic steps, weights clipped by .data.clamp_
# schedule: 3 critic steps
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
N_CRITIC, CLIP = 3, 0.05
torch.manual_seed(0)
netG = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
netD = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
optimizerG = torch.optim.RMSprop(netG.parameters(), lr=5e-4)
optimizerD = torch.optim.RMSprop(netD.parameters(), lr=5e-4)
one, mone = torch.tensor(1.0), torch.tensor(-1.0)


def batches():
    while True:
        yield torch.randn(16, 2) * 0.3 + 1


data = batches()
for _ in range(TICKS):
    for p in netD.parameters():
        p.requires_grad = True
    for _ in range(N_CRITIC):
        for p in netD.parameters():
            p.data.clamp_(-CLIP, CLIP)
        netD.zero_grad()
        errD_real = netD(next(data)).mean()
        errD_real.backward(mone)
        with torch.no_grad():
            fake = netG(torch.randn(16, 2))
        errD_fake = netD(fake).mean()
        errD_fake.backward(one)
        optimizerD.step()

    for p in netD.parameters():
        p.requires_grad = False
    netG.zero_grad()
    errG = netD(netG(torch.randn(16, 2))).mean()
    errG.backward(mone)
    optimizerG.step()
