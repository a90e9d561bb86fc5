# fault: mixed-batch-norm
# schedule: alternating, D first
# thread: Keras-GAN 9; ganhacks 35
# framework: torch
# players: G=G, D=D
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(
    nn.Linear(2, 32), nn.BatchNorm1d(32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
)
opt_G = torch.optim.Adam(G.parameters(), lr=2e-4)
opt_D = torch.optim.Adam(D.parameters(), lr=2e-4)
labels = torch.cat([torch.ones(16, 1), torch.zeros(16, 1)])

for _ in range(TICKS):
    real, fake = torch.randn(16, 2) + 3, G(torch.randn(16, 4))
    opt_D.zero_grad()
    both = D(torch.cat([real, fake.detach()]))  # <- fault
    F.binary_cross_entropy_with_logits(both, labels).backward()
    opt_D.step()

    opt_G.zero_grad()
    F.binary_cross_entropy_with_logits(D(fake), torch.ones(16, 1)).backward()
    opt_G.step()
