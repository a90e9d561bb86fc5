# fault: average-without-buffers
# schedule: alternating, D first
# thread: mean-teacher 9; sesemi 36; clinic "An average of G"
# framework: torch
# players: G=netG, D=netD
import copy
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class EMA:
    def __init__(self, model, decay=0.99):
        self.model, self.decay = copy.deepcopy(model), decay
        self.shadow = {k: p.data.clone() for k, p in model.named_parameters()}

    def update(self, model):
        for name, p in model.named_parameters():
            self.shadow[name] = (
                self.decay * self.shadow[name] + (1 - self.decay) * p.data  # <- fault
            )
        for name, p in self.model.named_parameters():
            p.data.copy_(self.shadow[name])  # <- fault

    @torch.no_grad()
    def sample(self, n):
        return self.model.eval()(torch.randn(n, 8, 1, 1))


def main():
    torch.manual_seed(0)
    netG = nn.Sequential(
        nn.ConvTranspose2d(8, 16, 4, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 4),
        nn.Tanh(),
    )
    netD = nn.Sequential(
        nn.Conv2d(1, 16, 4, 4), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 4), nn.Flatten()
    )
    optimizer_G = torch.optim.Adam(netG.parameters(), lr=2e-4)
    optimizer_D = torch.optim.Adam(netD.parameters(), lr=2e-4)
    bce, ema = nn.BCEWithLogitsLoss(), EMA(netG)
    for _ in range(TICKS):
        fake = netG(torch.randn(8, 8, 1, 1))
        optimizer_D.zero_grad()
        bce(netD(torch.rand(8, 1, 16, 16)), torch.ones(8, 1)).backward()
        bce(netD(fake.detach()), torch.zeros(8, 1)).backward()
        optimizer_D.step()
        optimizer_G.zero_grad()
        bce(netD(fake), torch.ones(8, 1)).backward()
        optimizer_G.step()
        ema.update(netG)
        ema.sample(4)


if __name__ == "__main__":
    main()
