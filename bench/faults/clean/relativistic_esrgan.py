# clean: ESRGAN-like relativistic average GAN, the opponent's scores detached
# schedule: simultaneous
# framework: torch
# players: G=model.net_g, D=model.net_d
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Model:
    def __init__(self):
        self.net_g = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 1)
        )
        self.net_d = nn.Sequential(
            nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
        )
        self.optimizer_g = torch.optim.Adam(self.net_g.parameters(), lr=1e-4)
        self.optimizer_d = torch.optim.Adam(self.net_d.parameters(), lr=1e-4)

    def cri_gan(self, score, target):
        return F.binary_cross_entropy_with_logits(score, torch.full_like(score, target))

    def optimize_parameters(self, lq, gt):
        for p in self.net_d.parameters():
            p.requires_grad = False
        self.optimizer_g.zero_grad()
        output = self.net_g(lq)
        real_pred = self.net_d(gt).detach()
        fake_pred = self.net_d(output)
        l_real = self.cri_gan(real_pred - fake_pred.mean(), 0.0)
        l_fake = self.cri_gan(fake_pred - real_pred.mean(), 1.0)
        (F.l1_loss(output, gt) + 0.1 * (l_real + l_fake) / 2).backward()
        self.optimizer_g.step()

        for p in self.net_d.parameters():
            p.requires_grad = True
        self.optimizer_d.zero_grad()
        fake_pred = self.net_d(output).detach()
        real_pred = self.net_d(gt)
        (self.cri_gan(real_pred - fake_pred.mean(), 1.0) * 0.5).backward()
        fake_pred = self.net_d(output.detach())
        (self.cri_gan(fake_pred - real_pred.mean().detach(), 0.0) * 0.5).backward()
        self.optimizer_d.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    model = Model()
    for _ in range(TICKS):
        model.optimize_parameters(torch.rand(8, 1, 16, 16), torch.rand(8, 1, 16, 16))
