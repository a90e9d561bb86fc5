# fault: step-moves-nobody
# also: never-moved, walks-into-generator
# schedule: only G moves
# thread: reader questions, CycleGAN 332 (toggling); own
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
netG = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
netD = nn.Sequential(nn.Conv2d(1, 8, 4, 2), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 4))
optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4)
optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4)
mse = nn.MSELoss()


def set_requires_grad(net, requires_grad):
    for param in net.parameters():
        param.requires_grad = requires_grad


def backward_D(real_B, fake_B):
    pred_real, pred_fake = netD(real_B), netD(fake_B)
    loss_real = mse(pred_real, torch.ones_like(pred_real))
    loss_fake = mse(pred_fake, torch.zeros_like(pred_fake))
    (0.5 * (loss_real + loss_fake)).backward()


def backward_G(fake_B):
    pred_fake = netD(fake_B)
    mse(pred_fake, torch.ones_like(pred_fake)).backward()


for _ in range(TICKS):
    real_A, real_B = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16)
    set_requires_grad(netD, False)  # <- fault
    optimizer_D.zero_grad()
    backward_D(real_B, netG(real_A))
    optimizer_D.step()  # <- fault

    optimizer_G.zero_grad()
    backward_G(netG(real_A))
    optimizer_G.step()
