# clean: R1 in every step, one backward for loss and penalty, toggled gradients
# schedule: alternating, G first
# framework: torch
# players: G=trainer.generator, D=trainer.discriminator
import os

import torch
import torch.nn.functional as F
from torch import autograd, nn

TICKS = int(os.environ.get("TICKS", 4))


def toggle_grad(model, requires_grad):
    for p in model.parameters():
        p.requires_grad_(requires_grad)


class Trainer:
    def __init__(self, generator, discriminator, reg_param=10.0):
        self.generator, self.discriminator = generator, discriminator
        self.reg_param = reg_param
        self.g_optimizer = torch.optim.RMSprop(generator.parameters(), lr=1e-4)
        self.d_optimizer = torch.optim.RMSprop(discriminator.parameters(), lr=1e-4)

    def compute_loss(self, d_out, target):
        targets = torch.full_like(d_out, target)
        return F.binary_cross_entropy_with_logits(d_out, targets)

    def generator_trainstep(self, z):
        toggle_grad(self.generator, True)
        toggle_grad(self.discriminator, False)
        self.g_optimizer.zero_grad()
        self.compute_loss(self.discriminator(self.generator(z)), 1.0).backward()
        self.g_optimizer.step()

    def discriminator_trainstep(self, x_real, z):
        toggle_grad(self.generator, False)
        toggle_grad(self.discriminator, True)
        self.d_optimizer.zero_grad()
        x_real.requires_grad_()
        d_real = self.discriminator(x_real)
        (slope,) = autograd.grad(d_real.sum(), x_real, create_graph=True)
        reg = self.reg_param * slope.square().flatten(1).sum(1).mean() / 2
        with torch.no_grad():
            x_fake = self.generator(z)
        loss = self.compute_loss(d_real, 1.0)
        loss = loss + self.compute_loss(self.discriminator(x_fake), 0.0)
        (loss + reg).backward()
        self.d_optimizer.step()


torch.manual_seed(0)
trainer = Trainer(
    nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 256)),
    nn.Sequential(nn.Linear(256, 32), nn.Softplus(), nn.Linear(32, 1)),
)
for _ in range(TICKS):
    trainer.generator_trainstep(torch.randn(8, 8))
    trainer.discriminator_trainstep(torch.rand(8, 256), torch.randn(8, 8))
