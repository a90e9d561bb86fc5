# fault: one-epsilon
# schedule: alternating, D first
# thread: PyTorch-GAN 5; hwalsuklee 33 (which alpha)
# framework: torch
# players: G=model.generator, D=model.critic
import os
import random

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class WganGp:
    def __init__(self):
        self.generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256))
        self.critic = nn.Sequential(nn.Linear(256, 64), nn.Tanh(), nn.Linear(64, 1))
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=1e-4)
        self.opt_c = torch.optim.Adam(self.critic.parameters(), lr=1e-4)

    def slope(self, real, fake):
        epsilon = random.random()  # <- fault
        x = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)  # <- fault
        score = self.critic(x)
        return torch.autograd.grad(
            score, x, grad_outputs=torch.ones_like(score), create_graph=True
        )[0]

    def train_batch(self, real):
        fake = self.generator(torch.randn(len(real), 8))
        self.opt_c.zero_grad()
        loss = self.critic(fake.detach()).mean() - self.critic(real).mean()
        length = self.slope(real, fake.detach()).norm(2, dim=1)
        (loss + 10 * ((length - 1) ** 2).mean()).backward()
        self.opt_c.step()
        self.opt_g.zero_grad()
        (-self.critic(fake).mean()).backward()
        self.opt_g.step()


if __name__ == "__main__":
    random.seed(0)
    torch.manual_seed(0)
    model = WganGp()
    for _ in range(TICKS):
        model.train_batch(torch.rand(8, 256))
