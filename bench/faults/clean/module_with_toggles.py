# clean: Lightning-like module with manual optimisation, written by hand
# schedule: alternating, G first
# framework: torch
# players: G=module.generator, D=module.discriminator
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Module(nn.Module):
    automatic_optimization = False

    def __init__(self):
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256))
        self.discriminator = nn.Sequential(
            nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )

    def configure_optimizers(self):
        return [
            torch.optim.Adam(self.generator.parameters(), lr=2e-4, betas=(0.5, 0.999)),
            torch.optim.Adam(self.discriminator.parameters(), lr=2e-4),
        ]

    def toggle(self, net):
        self.requires_grad_(False)
        net.requires_grad_(True)

    def adversarial_loss(self, y_hat, value):
        y = torch.full_like(y_hat, value)
        return F.binary_cross_entropy_with_logits(y_hat, y)

    def training_step(self, imgs, optimizers):
        opt_g, opt_d = optimizers
        z = torch.randn(len(imgs), 8)

        self.toggle(self.generator)
        g_loss = self.adversarial_loss(self.discriminator(self.generator(z)), 1.0)
        opt_g.zero_grad()
        g_loss.backward()
        opt_g.step()

        self.toggle(self.discriminator)
        real_loss = self.adversarial_loss(self.discriminator(imgs), 1.0)
        fake = self.generator(z).detach()
        fake_loss = self.adversarial_loss(self.discriminator(fake), 0.0)
        opt_d.zero_grad()
        ((real_loss + fake_loss) / 2).backward()
        opt_d.step()
        return g_loss.detach()


if __name__ == "__main__":
    torch.manual_seed(0)
    module = Module()
    optimizers = module.configure_optimizers()
    for _ in range(TICKS):
        module.training_step(torch.rand(8, 256), optimizers)
