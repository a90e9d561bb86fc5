# fault: wrong-weights
# also: never-moved, step-moves-nobody, wiped-before-step
# schedule: only D moves
# thread: clinic "The optimizer holds other weights"; ESRGAN 39 (the wrong optimizer)
# framework: torch
# players: G=task.generator, D=task.discriminator
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class AdversarialTask:
    def __init__(self):
        self.generator = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
        self.discriminator = nn.Sequential(
            nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1)
        )
        self.opt_d, self.opt_g = self.configure_optimizers()  # <- fault

    def configure_optimizers(self):
        opt_g = torch.optim.Adam(self.generator.parameters(), lr=2e-4)
        opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4)
        return opt_g, opt_d

    def training_step(self, real):
        fake = self.generator(torch.randn_like(real))
        self.opt_d.zero_grad()
        d_loss = softplus(-self.discriminator(real)).mean()
        d_loss = d_loss + softplus(self.discriminator(fake.detach())).mean()
        d_loss.backward()
        self.opt_d.step()  # <- fault

        self.opt_g.zero_grad()
        softplus(-self.discriminator(fake)).mean().backward()
        self.opt_g.step()  # <- fault


torch.manual_seed(0)
task = AdversarialTask()
for _ in range(TICKS):
    task.training_step(torch.randn(16, 2) + 2)
