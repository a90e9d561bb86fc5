# fault: batch-norm-penalty
# schedule: alternating, D first
# thread: CycleGAN PR 513; hwalsuklee 17
# framework: torch
# players: G=generator, D=discriminator
import os

import torch
from torch import autograd, nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 4, 4)
        self.norm = nn.BatchNorm2d(8)  # <- fault
        self.fc = nn.Linear(128, 1)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).tanh().flatten(1))  # <- fault


def compute_grad2(d_out, x_in):
    (grad,) = autograd.grad(d_out.sum(), x_in, create_graph=True)  # <- fault
    return grad.pow(2).flatten(1).sum(1)


def main():
    torch.manual_seed(0)
    generator = nn.Sequential(
        nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16))
    )
    discriminator = Discriminator()
    g_optimizer = torch.optim.RMSprop(generator.parameters(), lr=1e-4)
    d_optimizer = torch.optim.RMSprop(discriminator.parameters(), lr=1e-4)
    for _ in range(TICKS):
        d_optimizer.zero_grad()
        x_real = torch.rand(8, 1, 16, 16).requires_grad_()
        d_real = discriminator(x_real)
        x_fake = generator(torch.randn(8, 8)).detach()
        loss = softplus(-d_real).mean() + softplus(discriminator(x_fake)).mean()
        (loss + 5 * compute_grad2(d_real, x_real).mean()).backward()  # <- fault
        d_optimizer.step()

        g_optimizer.zero_grad()
        softplus(-discriminator(generator(torch.randn(8, 8)))).mean().backward()
        g_optimizer.step()


if __name__ == "__main__":
    main()
