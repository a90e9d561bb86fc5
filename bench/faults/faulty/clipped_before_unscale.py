# fault: clipped-while-scaled
# schedule: alternating, D first
# thread: Lightning 18089 and 19536; SRGAN (ESAOpenSR) 88
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
scaler_G, scaler_D = torch.amp.GradScaler("cpu"), torch.amp.GradScaler("cpu")

for _ in range(TICKS):
    x_fake = G(torch.randn(32, 2))
    loss_D = softplus(-D(torch.randn(32, 2) + 2)).mean()
    loss_D = loss_D + softplus(D(x_fake.detach())).mean()
    opt_D.zero_grad()
    scaler_D.scale(loss_D).backward()
    nn.utils.clip_grad_norm_(D.parameters(), 1.0)  # <- fault
    scaler_D.step(opt_D)
    scaler_D.update()

    opt_G.zero_grad()
    scaler_G.scale(softplus(-D(x_fake)).mean()).backward()
    scaler_G.unscale_(opt_G)
    nn.utils.clip_grad_norm_(G.parameters(), 1.0)
    scaler_G.step(opt_G)
    scaler_G.update()
