# fault: wiped-before-step
# schedule: alternating, D first
# thread: clinic "zero_grad in the wrong place"
# framework: torch
# players: G=trainer.generator, D=trainer.discriminator
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self, parts=4):
        self.generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
        self.discriminator = nn.Sequential(
            nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1)
        )
        self.g_opt = torch.optim.Adam(self.generator.parameters(), lr=1e-3)
        self.d_opt = torch.optim.Adam(self.discriminator.parameters(), lr=1e-3)
        self.parts = parts

    def train_discriminator(self, batch):
        for real in batch.chunk(self.parts):
            self.d_opt.zero_grad()  # <- fault
            with torch.no_grad():
                fake = self.generator(torch.randn(len(real), 4))
            loss = F.relu(1 - self.discriminator(real)).mean()
            loss = loss + F.relu(1 + self.discriminator(fake)).mean()
            (loss / self.parts).backward()
        self.d_opt.step()

    def train_generator(self, n):
        self.discriminator.requires_grad_(False)
        self.g_opt.zero_grad()
        for _ in range(self.parts):
            fake = self.generator(torch.randn(n // self.parts, 4))
            (-self.discriminator(fake).mean() / self.parts).backward()
        self.g_opt.step()
        self.discriminator.requires_grad_(True)

    def fit(self, ticks):
        for _ in range(ticks):
            self.train_discriminator(torch.randn(32, 2) * 0.3 + 1)
            self.train_generator(32)


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    trainer.fit(TICKS)
