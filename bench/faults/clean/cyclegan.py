# clean: CycleGAN, two generators in one optimizer, two critics in two, pools
# schedule: simultaneous; pool
# framework: torch
# players: G=[G_AB, G_BA], D=[D_A, D_B]
import itertools
import os
import random

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class ReplayBuffer:
    def __init__(self, max_size=6):
        self.max_size, self.data = max_size, []

    def push_and_pop(self, batch):
        out = []
        for element in batch.detach():
            element = element.unsqueeze(0)
            if len(self.data) < self.max_size:
                self.data.append(element)
                out.append(element)
            elif random.uniform(0, 1) > 0.5:
                i = random.randint(0, self.max_size - 1)
                out.append(self.data[i].clone())
                self.data[i] = element
            else:
                out.append(element)
        return torch.cat(out)


def translator():
    return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 1))


def critic():
    return nn.Sequential(nn.Conv2d(1, 4, 4, 2), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 4))


def main():
    random.seed(0)
    torch.manual_seed(0)
    G_AB, G_BA, D_A, D_B = translator(), translator(), critic(), critic()
    params = itertools.chain(G_AB.parameters(), G_BA.parameters())
    optimizer_G = torch.optim.Adam(params, lr=2e-4, betas=(0.5, 0.999))
    optimizer_D_A = torch.optim.Adam(D_A.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_D_B = torch.optim.Adam(D_B.parameters(), lr=2e-4, betas=(0.5, 0.999))
    mse, l1 = nn.MSELoss(), nn.L1Loss()
    buffers = ReplayBuffer(), ReplayBuffer()

    def gan(score, value):
        return mse(score, torch.full_like(score, value))

    for _ in range(TICKS):
        real_A, real_B = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16)
        optimizer_G.zero_grad()
        fake_B, fake_A = G_AB(real_A), G_BA(real_B)
        loss_G = gan(D_B(fake_B), 1.0) + gan(D_A(fake_A), 1.0)
        loss_G = loss_G + 10 * (l1(G_BA(fake_B), real_A) + l1(G_AB(fake_A), real_B))
        loss_G.backward()
        optimizer_G.step()
        for D, real, fake, optimizer, buffer in (
            (D_A, real_A, fake_A, optimizer_D_A, buffers[0]),
            (D_B, real_B, fake_B, optimizer_D_B, buffers[1]),
        ):
            optimizer.zero_grad()
            old = buffer.push_and_pop(fake)
            ((gan(D(real), 1.0) + gan(D(old), 0.0)) / 2).backward()
            optimizer.step()


if __name__ == "__main__":
    main()
