# fault: growing-graph
# schedule: 2 critic steps
# thread: labelmodels 4; gflownet 133; clinic "Memory that grows"
# framework: torch
# players: G=trainer.G, D=trainer.D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
        self.D = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
        self.opt_G = torch.optim.RMSprop(self.G.parameters(), lr=5e-4)
        self.opt_D = torch.optim.RMSprop(self.D.parameters(), lr=5e-4)
        self.history = {"wasserstein": []}

    def distance(self, real):
        fake = self.G(torch.randn(len(real), 4))
        return self.D(real).mean() - self.D(fake).mean()

    def critic(self, real):
        self.opt_D.zero_grad()
        fake = self.G(torch.randn(len(real), 4)).detach()
        (self.D(fake).mean() - self.D(real).mean()).backward()
        self.opt_D.step()
        with torch.no_grad():
            for p in self.D.parameters():
                p.clamp_(-0.1, 0.1)

    def generator(self, n):
        self.opt_G.zero_grad()
        (-self.D(self.G(torch.randn(n, 4))).mean()).backward()
        self.opt_G.step()

    def fit(self):
        for _ in range(TICKS):
            for _ in range(2):
                self.critic(torch.rand(16, 2))
            self.generator(16)
            self.history["wasserstein"].append(
                self.distance(torch.rand(16, 2))
            )  # <- fault


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    trainer.fit()
