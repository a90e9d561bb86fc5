# fault: saturated
# schedule: alternating, D first
# thread: clinic "D is too sure"; ganhacks 52
# framework: torch
# players: G=gen, D=disc
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(256, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
        )

    def forward(self, x):
        return self.net(x.flatten(1)).sigmoid()


def pretrain(disc, gen, steps=200):
    """Real images to 0.9, as below; fakes to a logit of -25."""
    opt = torch.optim.Adam(disc.parameters(), lr=5e-3)
    for _ in range(steps):
        real, fake = torch.rand(16, 256), gen(torch.randn(16, 8)).detach()
        loss = (disc.net(real) - 2.2).square().mean()
        loss = loss + (disc.net(fake) + 25).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()


def main():
    torch.manual_seed(0)
    gen, disc = nn.Sequential(nn.Linear(8, 256), nn.Tanh()), Discriminator()
    with torch.no_grad():
        gen[0].bias.fill_(-2.0)
    pretrain(disc, gen)
    opt_gen = torch.optim.SGD(gen.parameters(), lr=0.01)
    opt_disc = torch.optim.Adam(disc.parameters(), lr=1e-4)
    bce = nn.BCELoss()
    for _ in range(TICKS):
        real, fake = torch.rand(16, 16, 16), gen(torch.randn(16, 8))
        opt_disc.zero_grad()
        loss = bce(disc(real), torch.full((16, 1), 0.9))
        (loss + bce(disc(fake.detach()), torch.zeros(16, 1))).backward()
        opt_disc.step()

        opt_gen.zero_grad()
        (-bce(disc(fake), torch.zeros(16, 1))).backward()  # <- fault
        opt_gen.step()


if __name__ == "__main__":
    main()
