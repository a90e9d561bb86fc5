# clean: probability of augmentation steered by the sign of D's real scores
# schedule: alternating, G first
# framework: torch
# players: G=self.G, D=self.D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class AdaTrainer:
    def __init__(self, target=0.6, speed=0.05):
        self.G = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 256))
        self.D = nn.Sequential(nn.Linear(256, 32), nn.SiLU(), nn.Linear(32, 1))
        self.opt_G = torch.optim.Adam(self.G.parameters(), 2e-3, betas=(0.0, 0.99))
        self.opt_D = torch.optim.Adam(self.D.parameters(), 2e-3, betas=(0.0, 0.99))
        self.target, self.speed, self.p = target, speed, torch.zeros(())

    def augment(self, x):
        flipped = torch.rand(len(x), 1) < self.p
        return torch.where(flipped, x.flip(1), x)

    def turn_of_G(self, n):
        self.opt_G.zero_grad(set_to_none=True)
        softplus(-self.D(self.augment(self.G(torch.randn(n, 8))))).mean().backward()
        self.opt_G.step()

    def turn_of_D(self, real):
        self.opt_D.zero_grad(set_to_none=True)
        with torch.no_grad():
            fake = self.G(torch.randn(len(real), 8))
        score_real = self.D(self.augment(real))
        score_fake = self.D(self.augment(fake))
        (softplus(-score_real).mean() + softplus(score_fake).mean()).backward()
        self.opt_D.step()
        sign = score_real.detach().sign().mean()
        self.p = (self.p + self.speed * (sign - self.target).sign()).clamp(0, 1)

    def run(self):
        for _ in range(TICKS):
            self.turn_of_G(8)
            self.turn_of_D(torch.rand(8, 256))


if __name__ == "__main__":
    torch.manual_seed(0)
    AdaTrainer().run()
