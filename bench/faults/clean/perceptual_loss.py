# clean: super resolution with a frozen third network for a perceptual loss
# schedule: alternating, D first
# framework: torch
# players: G=trainer.generator, D=trainer.discriminator
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Features(nn.Module):
    """Stands for a pretrained classifier's first layers."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3)
        )
        self.eval().requires_grad_(False)

    def forward(self, x):
        return self.layers(x)


class Trainer:
    def __init__(self):
        self.generator = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.PReLU(), nn.Conv2d(16, 4, 3, padding=1)
        )
        self.generator.append(nn.PixelShuffle(2))
        self.discriminator = nn.Sequential(
            nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
        )
        self.features = Features()
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=1e-4)
        self.opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=1e-4)

    def step(self, low, high):
        fake = self.generator(low)
        self.opt_d.zero_grad()
        loss = F.softplus(-self.discriminator(high)).mean()
        (loss + F.softplus(self.discriminator(fake.detach())).mean()).backward()
        self.opt_d.step()

        self.opt_g.zero_grad()
        content = F.mse_loss(self.features(fake), self.features(high))
        (content + 1e-3 * F.softplus(-self.discriminator(fake)).mean()).backward()
        self.opt_g.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    for _ in range(TICKS):
        trainer.step(torch.rand(4, 1, 8, 8), torch.rand(4, 1, 16, 16))
