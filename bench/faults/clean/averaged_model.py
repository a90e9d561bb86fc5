# clean: torch's AveragedModel of a G without buffers
# schedule: alternating, D first
# framework: torch
# players: G=trainer.G, D=trainer.D
import os

import torch
from torch import nn
from torch.nn.functional import relu
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

TICKS = int(os.environ.get("TICKS", 4))


class Trainer:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(8, 64), nn.SiLU(), nn.Linear(64, 256))
        self.D = nn.Sequential(nn.Linear(256, 64), nn.SiLU(), nn.Linear(64, 1))
        self.ema = AveragedModel(self.G, multi_avg_fn=get_ema_multi_avg_fn(0.99))
        self.opt_G = torch.optim.AdamW(self.G.parameters(), lr=1e-4)
        self.opt_D = torch.optim.AdamW(self.D.parameters(), lr=4e-4)

    def step(self, x):
        fake = self.G(torch.randn(len(x), 8))
        d_loss = relu(1 - self.D(x)).mean() + relu(1 + self.D(fake.detach())).mean()
        self.opt_D.zero_grad()
        d_loss.backward()
        self.opt_D.step()

        self.D.requires_grad_(False)
        g_loss = -self.D(fake).mean()
        self.opt_G.zero_grad()
        g_loss.backward()
        self.opt_G.step()
        self.D.requires_grad_(True)
        self.ema.update_parameters(self.G)


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = Trainer()
    for _ in range(TICKS):
        trainer.step(torch.rand(8, 256))
