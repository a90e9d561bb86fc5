# fault: earlier-weights
# also: never-moved, step-moves-nobody
# schedule: only G moves
# thread: clinic "The optimizer holds other weights" (a network made anew)
# framework: torch
# players: G=run.netG, D=run.netD
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def make_D():
    return nn.Sequential(nn.Flatten(), nn.Linear(256, 32), nn.ReLU(), nn.Linear(32, 1))


class Run:
    def __init__(self):
        self.netG = nn.Sequential(
            nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (16, 16))
        )
        self.netD = make_D()
        self.optG = torch.optim.Adam(self.netG.parameters(), lr=1e-3)
        self.optD = torch.optim.Adam(self.netD.parameters(), lr=1e-3)
        self.bce = nn.BCEWithLogitsLoss()

    def resume(self, checkpoint):
        self.netD = make_D()  # <- fault
        self.netD.load_state_dict(checkpoint)

    def loss(self, images, target):
        score = self.netD(images)
        return self.bce(score, torch.full_like(score, target))

    def tick(self):
        real, fake = torch.rand(8, 16, 16), self.netG(torch.randn(8, 8))
        self.netD.zero_grad()
        (self.loss(real, 1.0) + self.loss(fake.detach(), 0.0)).backward()
        self.optD.step()  # <- fault
        self.netG.zero_grad()
        self.loss(fake, 1.0).backward()
        self.optG.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    run = Run()
    run.resume(make_D().state_dict())
    for _ in range(TICKS):
        run.tick()
