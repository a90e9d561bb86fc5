# fault: wiped-before-step
# also: step-moves-nobody, never-moved
# schedule: only D moves
# thread: clinic "zero_grad in the wrong place"
# framework: torch
# players: G=gen, D=disc
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
gen = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.1), nn.Linear(64, 256), nn.Tanh())
disc = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.1), nn.Linear(64, 1))
opt_gen = torch.optim.RMSprop(gen.parameters(), lr=5e-4)
opt_disc = torch.optim.RMSprop(disc.parameters(), lr=5e-4)
criterion = nn.BCEWithLogitsLoss()


def train_step(real):
    noise = torch.randn(real.shape[0], 8)
    fake = gen(noise)
    disc_real, disc_fake = disc(real), disc(fake.detach())
    loss_real = criterion(disc_real, torch.ones_like(disc_real))
    loss_fake = criterion(disc_fake, torch.zeros_like(disc_fake))
    opt_disc.zero_grad(set_to_none=False)
    ((loss_real + loss_fake) / 2).backward()
    opt_disc.step()

    output = disc(fake)
    loss_gen = criterion(output, torch.ones_like(output))
    loss_gen.backward()
    opt_gen.zero_grad(set_to_none=False)  # <- fault
    opt_gen.step()  # <- fault
    return loss_gen.item()


for tick in range(TICKS):
    print(tick, train_step(torch.rand(16, 16, 16).flatten(1)))
