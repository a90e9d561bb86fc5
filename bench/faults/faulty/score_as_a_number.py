# fault: dead-score
# schedule: alternating, G first|unknown
# thread: mmsegmentation 3230 (a loss made anew); clinic "detach sits on its score"
# framework: torch
# players: G=self.gen, D=self.critic
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Wasserstein:
    def __init__(self):
        self.gen = nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 2))
        self.critic = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
        self.opt_gen = torch.optim.RMSprop(self.gen.parameters(), lr=5e-4)
        self.opt_critic = torch.optim.RMSprop(self.critic.parameters(), lr=5e-4)

    def generator_turn(self, z):
        self.opt_gen.zero_grad()
        (-self.critic(self.gen(z)).mean()).backward()
        self.opt_gen.step()

    def critic_turn(self, real, z):
        self.opt_critic.zero_grad()
        on_real = self.critic(real).mean()
        on_fake = self.critic(self.gen(z).detach()).mean().item()  # <- fault
        distance = on_real - on_fake
        (-distance).backward()  # <- fault
        self.opt_critic.step()
        return distance.item()

    def train(self):
        for tick in range(TICKS):
            self.generator_turn(torch.randn(16, 3))
            print(tick, self.critic_turn(torch.rand(16, 2), torch.randn(16, 3)))


if __name__ == "__main__":
    torch.manual_seed(0)
    Wasserstein().train()
