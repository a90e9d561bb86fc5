# clean: InfoGAN, Q shares D's trunk, an optimizer of its own for the codes
# schedule: alternating, G first|alternating, G first; third player
# framework: torch
# players: G=netG, D=[trunk, netD], Q=netQ
import itertools
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
CODES = 4
torch.manual_seed(0)
netG = nn.Sequential(nn.Linear(6 + CODES, 64), nn.ReLU(), nn.Linear(64, 256))
trunk = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.1))
netD, netQ = nn.Linear(64, 1), nn.Linear(64, CODES)
optimD = torch.optim.Adam([*trunk.parameters(), *netD.parameters()], lr=2e-4)
optimG = torch.optim.Adam(
    itertools.chain(netG.parameters(), netQ.parameters()), lr=1e-3
)


def noise(n):
    code = torch.randint(CODES, (n,))
    return torch.cat([torch.randn(n, 6), F.one_hot(code, CODES).float()], 1), code


def bce(score, value):
    return F.binary_cross_entropy_with_logits(score, torch.full_like(score, value))


for _ in range(TICKS):
    z, code = noise(16)
    optimG.zero_grad()
    features = trunk(netG(z))
    loss_G = bce(netD(features), 1.0) + F.cross_entropy(netQ(features), code)
    loss_G.backward()
    optimG.step()

    optimD.zero_grad()
    fake = netG(noise(16)[0]).detach()
    loss_real = bce(netD(trunk(torch.rand(16, 256))), 1.0)
    loss_fake = bce(netD(trunk(fake)), 0.0)
    (loss_real + loss_fake).backward()
    optimD.step()
