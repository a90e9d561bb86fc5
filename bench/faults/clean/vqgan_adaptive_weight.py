# clean: VQGAN-like, adaptive weight by autograd.grad at the last layer
# schedule: alternating, G first
# framework: torch
# players: G=net.autoencoder, D=net.disc
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.autoencoder = nn.Sequential(
            nn.Conv2d(1, 8, 4, 4), nn.SiLU(), nn.ConvTranspose2d(8, 1, 4, 4)
        )
        self.disc = nn.Sequential(
            nn.Conv2d(1, 8, 4, 4), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 2)
        )

    def adaptive_weight(self, nll_loss, g_loss):
        last = self.autoencoder[-1].weight
        (nll_grad,) = torch.autograd.grad(nll_loss, last, retain_graph=True)
        (g_grad,) = torch.autograd.grad(g_loss, last, retain_graph=True)
        weight = nll_grad.norm() / (g_grad.norm() + 1e-4)
        return weight.clamp(0.0, 1e4).detach()

    def autoencoder_loss(self, x):
        rebuilt = self.autoencoder(x)
        nll_loss = F.l1_loss(rebuilt, x)
        g_loss = -self.disc(rebuilt).mean()
        return nll_loss + self.adaptive_weight(nll_loss, g_loss) * g_loss

    def disc_loss(self, x):
        real, fake = self.disc(x), self.disc(self.autoencoder(x).detach())
        return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())


def main():
    torch.manual_seed(0)
    net = Net()
    opt_ae = torch.optim.Adam(net.autoencoder.parameters(), lr=4.5e-4, betas=(0.5, 0.9))
    opt_disc = torch.optim.Adam(net.disc.parameters(), lr=4.5e-4, betas=(0.5, 0.9))
    for _ in range(TICKS):
        x = torch.rand(8, 1, 16, 16) * 2 - 1
        for opt, loss in ((opt_ae, net.autoencoder_loss), (opt_disc, net.disc_loss)):
            opt.zero_grad()
            loss(x).backward()
            opt.step()


if __name__ == "__main__":
    main()
