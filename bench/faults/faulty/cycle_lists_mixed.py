# fault: wrong-weights
# also: never-moved, wasted-weight-gradients
# schedule: unknown|simultaneous
# thread: clinic "The optimizer holds other weights"; CycleGAN 356
# framework: torch
# players: G=[G_AB, G_BA], D=[D_A, D_B]
import itertools
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)


def net(n_out):
    return nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, n_out))


G_AB, G_BA, D_A, D_B = net(2), net(2), net(1), net(1)
optimizer_G = torch.optim.Adam(
    itertools.chain(G_AB.parameters(), D_A.parameters()),
    lr=2e-4,  # <- fault
)
optimizer_D = torch.optim.Adam(
    itertools.chain(D_A.parameters(), D_B.parameters()), lr=2e-4
)
mse, l1 = nn.MSELoss(), nn.L1Loss()


def gan_loss(score, target):
    return mse(score, torch.full_like(score, target))


for _ in range(TICKS):
    real_A, real_B = torch.randn(16, 2) - 2, torch.randn(16, 2) + 2
    for player in (G_AB, G_BA):
        player.zero_grad()
    optimizer_G.zero_grad()
    fake_B, fake_A = G_AB(real_A), G_BA(real_B)
    loss_G = gan_loss(D_A(fake_A), 1.0) + gan_loss(D_B(fake_B), 1.0)
    loss_G = loss_G + 10 * (l1(G_BA(fake_B), real_A) + l1(G_AB(fake_A), real_B))
    loss_G.backward()
    optimizer_G.step()  # <- fault

    optimizer_D.zero_grad()
    loss_D = gan_loss(D_A(real_A), 1.0) + gan_loss(D_A(fake_A.detach()), 0.0)
    loss_D += gan_loss(D_B(real_B), 1.0) + gan_loss(D_B(fake_B.detach()), 0.0)
    (loss_D / 2).backward()
    optimizer_D.step()
