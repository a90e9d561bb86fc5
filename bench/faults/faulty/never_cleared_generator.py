# fault: never-cleared
# schedule: 2 critic steps
# thread: clinic "zero_grad in the wrong place"; Lightning 591 (only one is cleared)
# framework: torch
# players: G=wgan.G, D=wgan.C
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class WGAN:
    def __init__(self, n_critic=2, clip=0.05):
        self.G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
        self.C = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
        self.g_optimizer = torch.optim.RMSprop(self.G.parameters(), lr=5e-4)
        self.c_optimizer = torch.optim.RMSprop(self.C.parameters(), lr=5e-4)
        self.n_critic, self.clip = n_critic, clip

    def sample(self, n):
        return self.G(torch.randn(n, 2))

    def critic_iteration(self, real):
        self.C.zero_grad()
        fake = self.sample(len(real)).detach()
        (self.C(fake).mean() - self.C(real).mean()).backward()
        self.c_optimizer.step()
        for p in self.C.parameters():
            p.data.clamp_(-self.clip, self.clip)

    def generator_iteration(self, n):
        loss = -self.C(self.sample(n)).mean()
        loss.backward()  # <- fault
        self.g_optimizer.step()  # <- fault

    def train(self, ticks):
        for _ in range(ticks):
            for _ in range(self.n_critic):
                self.critic_iteration(torch.randn(16, 2) + 1)
            self.generator_iteration(16)


if __name__ == "__main__":
    torch.manual_seed(0)
    wgan = WGAN()
    wgan.train(TICKS)
