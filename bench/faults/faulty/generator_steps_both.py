# fault: wrong-weights
# schedule: unknown
# thread: clinic "The optimizer holds other weights"; deepfillv2 3
# framework: torch
# players: G=generator, D=discriminator
import itertools
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def build(n_in, n_out):
    return nn.Sequential(nn.Linear(n_in, 32), nn.ReLU(), nn.Linear(32, n_out))


def main():
    torch.manual_seed(0)
    generator, discriminator = build(5, 2), build(2, 1)
    both = itertools.chain(generator.parameters(), discriminator.parameters())
    opt_g = torch.optim.Adam(both, lr=1e-3)  # <- fault
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(16, 1), torch.zeros(16, 1)
    for _ in range(TICKS):
        real = torch.randn(16, 2).sign() + 0.1 * torch.randn(16, 2)
        opt_d.zero_grad()
        fake = generator(torch.randn(16, 5))
        d_loss = bce(discriminator(real), ones)
        d_loss += bce(discriminator(fake.detach()), zeros)
        d_loss.backward()
        opt_d.step()

        opt_g.zero_grad()
        bce(discriminator(fake), ones).backward()
        opt_g.step()  # <- fault


if __name__ == "__main__":
    main()
