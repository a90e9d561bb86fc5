# clean: class Trainer, fresh noise for each turn, no_grad for D's fakes
# schedule: alternating, D first
# framework: torch
# players: G=trainer.generator, D=trainer.discriminator
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self, latent=8):
        self.latent = latent
        self.generator = nn.Sequential(
            nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh()
        )
        self.discriminator = nn.Sequential(
            nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=2e-4)
        self.opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4)
        self.log = []

    def noise(self, n):
        return torch.randn(n, self.latent)

    def discriminator_step(self, real):
        with torch.no_grad():
            fake = self.generator(self.noise(len(real)))
        score_real, score_fake = self.discriminator(real), self.discriminator(fake)
        loss = F.softplus(-score_real).mean() + F.softplus(score_fake).mean()
        self.opt_d.zero_grad()
        loss.backward()
        self.opt_d.step()
        return loss.item()

    def generator_step(self, n):
        loss = F.softplus(-self.discriminator(self.generator(self.noise(n)))).mean()
        self.opt_g.zero_grad()
        loss.backward()
        self.opt_g.step()
        return loss.item()

    def fit(self, batches):
        for real in batches:
            self.log.append((self.discriminator_step(real), self.generator_step(16)))


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    trainer.fit(torch.rand(16, 256) * 2 - 1 for _ in range(TICKS))
