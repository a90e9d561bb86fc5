# clean: G first, D on a pool of old fakes
# schedule: simultaneous; pool
# framework: torch
# players: G=G, D=D
import os
import random

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class ImagePool:
    def __init__(self, size):
        self.size, self.images = size, []

    def query(self, images):
        chosen = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image)
                chosen.append(image)
            elif random.random() < 0.5:
                k = random.randrange(self.size)
                old, self.images[k] = self.images[k], image
                chosen.append(old)
            else:
                chosen.append(image)
        return torch.stack(chosen)


random.seed(0)
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 256), nn.Tanh())
D = nn.Sequential(nn.Linear(256, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=2e-4)
opt_D = torch.optim.Adam(D.parameters(), lr=2e-4)
mse, pool = nn.MSELoss(), ImagePool(12)

for _ in range(TICKS):
    fake = G(torch.randn(8, 8))
    D.requires_grad_(False)
    opt_G.zero_grad()
    score = D(fake)
    mse(score, torch.ones_like(score)).backward()
    opt_G.step()

    D.requires_grad_(True)
    opt_D.zero_grad()
    score_real, score_fake = D(torch.rand(8, 256)), D(pool.query(fake.detach()))
    loss_D = mse(score_real, torch.ones_like(score_real))
    loss_D = 0.5 * (loss_D + mse(score_fake, torch.zeros_like(score_fake)))
    loss_D.backward()
    opt_D.step()
