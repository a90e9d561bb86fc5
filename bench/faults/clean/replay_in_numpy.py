# clean: fakes of earlier ticks kept in a NumPy array
# schedule: unknown
# framework: torch
# players: G=G, D=D
import os

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
rng = np.random.default_rng(0)
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
replay = np.zeros((0, 2), dtype=np.float32)

for _ in range(TICKS):
    with torch.no_grad():
        fresh = G(torch.randn(16, 2)).numpy()
    replay = np.concatenate([replay, fresh])[-64:]
    x_fake = torch.from_numpy(rng.choice(replay, 16))

    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(16, 2) + 1)).mean() + softplus(D(x_fake)).mean()
    loss_D.backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(G(torch.randn(16, 2)))).mean().backward()
    opt_G.step()
