# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: stylegan2-ada PR 185 (no_grad for D's turn); clinic "G never learns"
# framework: torch
# players: G=self.generator, D=self.discriminator
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class HingeTrainer:
    def __init__(self):
        self.generator = nn.Sequential(
            nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 256), nn.Tanh()
        )
        self.discriminator = nn.Sequential(
            nn.Linear(256, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
        )
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=1e-4)
        self.opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=4e-4)

    @torch.no_grad()  # <- fault
    def sample(self, n):
        return self.generator(torch.randn(n, 8))  # <- fault

    def step_d(self, real):
        self.opt_d.zero_grad()
        score_real = self.discriminator(real)
        score_fake = self.discriminator(self.sample(len(real)))
        (F.relu(1 - score_real).mean() + F.relu(1 + score_fake).mean()).backward()
        self.opt_d.step()

    def step_g(self, n):
        self.opt_g.zero_grad()
        loss = -self.discriminator(self.sample(n)).mean()
        loss.backward()  # <- fault
        self.opt_g.step()  # <- fault

    def run(self):
        for _ in range(TICKS):
            self.step_d(torch.rand(16, 256) * 2 - 1)
            self.step_g(16)


if __name__ == "__main__":
    torch.manual_seed(0)
    HingeTrainer().run()
