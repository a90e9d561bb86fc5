# fault: stale-weight-copy
# schedule: simultaneous
# thread: public loops, "a copy taken before the step"; CycleGAN 594 (freezing D)
# framework: torch
# players: G=netG, D=netD
import copy
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Turns:
    def __init__(self, netG, netD):
        self.netG, self.netD = netG, netD
        self.optG = torch.optim.Adam(netG.parameters(), lr=1e-3)
        self.optD = torch.optim.Adam(netD.parameters(), lr=1e-3)
        self.mse = nn.MSELoss()

    def score_loss(self, net, images, value):
        score = net(images)
        return self.mse(score, torch.full_like(score, value))

    def tick(self, real):
        frozen_D = copy.deepcopy(self.netD).requires_grad_(False)  # <- fault
        fake = self.netG(torch.randn(len(real), 4))
        self.optD.zero_grad()
        loss = self.score_loss(self.netD, real, 1.0)
        loss = loss + self.score_loss(self.netD, fake.detach(), 0.0)
        loss.backward()
        self.optD.step()

        self.optG.zero_grad()
        self.score_loss(frozen_D, fake, 1.0).backward()  # <- fault
        self.optG.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    netG = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    netD = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
    turns = Turns(netG, netD)
    for _ in range(TICKS):
        turns.tick(torch.randn(16, 2) + 1)
