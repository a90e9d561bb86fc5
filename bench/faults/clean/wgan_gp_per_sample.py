# clean: WGAN-GP, five critic steps, one epsilon for each sample
# schedule: 5 critic steps
# framework: torch
# players: G=wgan.generator, D=wgan.critic
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class WGANGP:
    def __init__(self):
        self.generator = nn.Sequential(
            nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))
        )
        self.critic = nn.Sequential(
            nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(128, 1)
        )
        betas = (0.0, 0.9)
        self.opt_g = torch.optim.Adam(self.generator.parameters(), 1e-4, betas)
        self.opt_c = torch.optim.Adam(self.critic.parameters(), 1e-4, betas)

    def gradient_penalty(self, real, fake):
        eps = torch.rand(len(real), 1, 1, 1)
        between = (eps * real + (1 - eps) * fake).requires_grad_()
        score = self.critic(between)
        (slope,) = torch.autograd.grad(
            score, between, torch.ones_like(score), create_graph=True
        )
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    def critic_step(self, real):
        self.opt_c.zero_grad()
        fake = self.generator(torch.randn(len(real), 8)).detach()
        loss = self.critic(fake).mean() - self.critic(real).mean()
        (loss + 10 * self.gradient_penalty(real, fake)).backward()
        self.opt_c.step()

    def generator_step(self, n):
        self.critic.requires_grad_(False)
        self.opt_g.zero_grad()
        (-self.critic(self.generator(torch.randn(n, 8))).mean()).backward()
        self.opt_g.step()
        self.critic.requires_grad_(True)

    def train(self, n_critic=5):
        for _ in range(TICKS):
            for _ in range(n_critic):
                self.critic_step(torch.rand(8, 1, 16, 16))
            self.generator_step(8)


torch.manual_seed(0)
wgan = WGANGP()
wgan.train()
