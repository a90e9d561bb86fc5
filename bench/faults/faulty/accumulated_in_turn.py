# fault: other-loss-leftovers
# schedule: simultaneous
# thread: OmniTokenizer 15; MONAI GenerativeModels 102; DMD2 23
# framework: torch
# players: G=decoder, D=disc
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
ACCUMULATE = 4

torch.manual_seed(0)
decoder = nn.Sequential(nn.Linear(8, 32), nn.SiLU(), nn.Linear(32, 2))
disc = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_ae = torch.optim.AdamW(decoder.parameters(), lr=1e-3)
opt_disc = torch.optim.AdamW(disc.parameters(), lr=1e-3)


def micro_batch(real, z):
    fake = decoder(z)
    g_loss = -disc(fake).mean() / ACCUMULATE
    g_loss.backward()  # <- fault

    d_loss = F.relu(1 - disc(real)).mean() + F.relu(1 + disc(fake.detach())).mean()
    (d_loss / ACCUMULATE).backward()


for _ in range(TICKS):
    for _ in range(ACCUMULATE):
        micro_batch(torch.randn(8, 2) * 0.2 + 1, torch.randn(8, 8))
    opt_ae.step()
    opt_disc.step()  # <- fault
    opt_ae.zero_grad()
    opt_disc.zero_grad()
