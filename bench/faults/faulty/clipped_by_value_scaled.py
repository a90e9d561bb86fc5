# fault: clipped-while-scaled
# schedule: alternating, G first
# thread: Lightning 18089; public loops, "clipping or norm on scaled gradients"
# framework: torch
# players: G=trainer.net_g, D=trainer.net_d
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_value_

TICKS = int(os.environ.get("TICKS", 4))


class VocoderTrainer:
    def __init__(self):
        self.net_g = nn.Sequential(
            nn.Linear(16, 64), nn.LeakyReLU(0.1), nn.Linear(64, 64)
        )
        self.net_d = nn.Sequential(
            nn.Linear(64, 64), nn.LeakyReLU(0.1), nn.Linear(64, 1)
        )
        self.optim_g = torch.optim.AdamW(self.net_g.parameters(), 2e-4)
        self.optim_d = torch.optim.AdamW(self.net_d.parameters(), 2e-4)
        self.scaler = torch.amp.GradScaler("cpu", init_scale=2.0**12)

    def update(self, optimizer, net, loss):
        optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        clip_grad_value_(net.parameters(), 0.5)  # <- fault
        self.scaler.step(optimizer)
        self.scaler.update()

    def step(self, mel, wave):
        score = self.net_d(self.net_g(mel))
        self.update(self.optim_g, self.net_g, (score - 1).square().mean())

        real, fake = self.net_d(wave), self.net_d(self.net_g(mel).detach())
        loss_d = F.mse_loss(real, torch.ones_like(real)) + fake.square().mean()
        self.update(self.optim_d, self.net_d, loss_d)


if __name__ == "__main__":
    torch.manual_seed(0)
    trainer = VocoderTrainer()
    for _ in range(TICKS):
        trainer.step(torch.randn(8, 16), torch.randn(8, 64))
