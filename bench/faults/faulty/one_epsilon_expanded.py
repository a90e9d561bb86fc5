# fault: one-epsilon
# schedule: 2 critic steps
# thread: hwalsuklee 33; keras-io 624
# framework: torch
# players: G=netG, D=netD
import os

import torch
from torch import autograd, nn

TICKS = int(os.environ.get("TICKS", 4))
LAMBDA = 10


def calc_gradient_penalty(netD, real_data, fake_data):
    alpha = torch.rand(1, 1, 1, 1)
    alpha = alpha.expand(real_data.size())  # <- fault
    interpolates = alpha * real_data + (1 - alpha) * fake_data  # <- fault
    interpolates.requires_grad_(True)
    disc_interpolates = netD(interpolates)
    gradients = autograd.grad(
        outputs=disc_interpolates,
        inputs=interpolates,
        grad_outputs=torch.ones(disc_interpolates.size()),
        create_graph=True,
        retain_graph=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * LAMBDA


def main():
    torch.manual_seed(0)
    netG = nn.Sequential(nn.Linear(8, 256), nn.Tanh(), nn.Unflatten(1, (1, 16, 16)))
    netD = nn.Sequential(
        nn.Conv2d(1, 8, 4, 4), nn.Tanh(), nn.Flatten(), nn.Linear(128, 1)
    )
    optimizerD = torch.optim.Adam(netD.parameters(), lr=1e-4, betas=(0.5, 0.9))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=1e-4, betas=(0.5, 0.9))
    for _ in range(TICKS):
        for _ in range(2):
            real, fake = torch.rand(8, 1, 16, 16), netG(torch.randn(8, 8)).detach()
            netD.zero_grad()
            D_cost = netD(fake).mean() - netD(real).mean()
            D_cost = D_cost + calc_gradient_penalty(netD, real, fake)
            D_cost.backward()
            optimizerD.step()
        netG.zero_grad()
        G_cost = -netD(netG(torch.randn(8, 8))).mean()
        G_cost.backward()
        optimizerG.step()


if __name__ == "__main__":
    main()
