# clean: pix2pix class, conditional critic, toggled requires_grad
# schedule: alternating, D first
# framework: torch
# players: G=model.netG, D=model.netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Pix2Pix:
    def __init__(self):
        self.netG = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.InstanceNorm2d(8),
            nn.ReLU(True),
            nn.Conv2d(8, 1, 3, padding=1),
            nn.Tanh(),
        )
        self.netD = nn.Sequential(
            nn.Conv2d(2, 8, 4, 2), nn.LeakyReLU(0.2, True), nn.Conv2d(8, 1, 4)
        )
        self.criterionGAN, self.criterionL1 = nn.BCEWithLogitsLoss(), nn.L1Loss()
        self.optimizer_G = torch.optim.Adam(self.netG.parameters(), lr=2e-4)
        self.optimizer_D = torch.optim.Adam(self.netD.parameters(), lr=2e-4)

    def set_input(self, real_A, real_B):
        self.real_A, self.real_B = real_A, real_B

    def forward(self):
        self.fake_B = self.netG(self.real_A)

    def gan(self, prediction, value):
        return self.criterionGAN(prediction, torch.full_like(prediction, value))

    def backward_D(self):
        fake_AB = torch.cat((self.real_A, self.fake_B), 1)
        real_AB = torch.cat((self.real_A, self.real_B), 1)
        loss_fake = self.gan(self.netD(fake_AB.detach()), 0.0)
        loss_real = self.gan(self.netD(real_AB), 1.0)
        ((loss_fake + loss_real) * 0.5).backward()

    def backward_G(self):
        fake_AB = torch.cat((self.real_A, self.fake_B), 1)
        loss_G_GAN = self.gan(self.netD(fake_AB), 1.0)
        (loss_G_GAN + 100 * self.criterionL1(self.fake_B, self.real_B)).backward()

    def optimize_parameters(self):
        self.forward()
        for p in self.netD.parameters():
            p.requires_grad = True
        self.optimizer_D.zero_grad()
        self.backward_D()
        self.optimizer_D.step()
        for p in self.netD.parameters():
            p.requires_grad = False
        self.optimizer_G.zero_grad()
        self.backward_G()
        self.optimizer_G.step()


torch.manual_seed(0)
model = Pix2Pix()
for _ in range(TICKS):
    model.set_input(torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16) * 2 - 1)
    model.optimize_parameters()
