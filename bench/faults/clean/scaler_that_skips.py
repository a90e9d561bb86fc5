# clean: GradScaler, a broken sample in the second tick skips D's step
# schedule: alternating, D first
# framework: torch
# players: G=trainer.G, D=trainer.D
import os

import torch
from torch import nn
from torch.nn.functional import relu

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
        self.D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
        self.opt_G = torch.optim.Adam(self.G.parameters(), lr=1e-3)
        self.opt_D = torch.optim.Adam(self.D.parameters(), lr=1e-3)
        self.scaler_G = torch.amp.GradScaler("cpu")
        self.scaler_D = torch.amp.GradScaler("cpu")

    def step(self, real):
        fake = self.G(torch.randn_like(real))
        self.opt_D.zero_grad()
        loss_D = relu(1 - self.D(real)).mean() + relu(1 + self.D(fake.detach())).mean()
        self.scaler_D.scale(loss_D).backward()
        self.scaler_D.step(self.opt_D)
        self.scaler_D.update()

        self.opt_G.zero_grad()
        self.scaler_G.scale(-self.D(fake).mean()).backward()
        self.scaler_G.step(self.opt_G)
        self.scaler_G.update()


torch.manual_seed(0)
trainer = Trainer()
for tick in range(TICKS):
    batch = torch.randn(16, 2) + 1
    if tick == 1:
        batch[0] = float("inf")  # a broken sample: its gradients are not finite
    trainer.step(batch)
