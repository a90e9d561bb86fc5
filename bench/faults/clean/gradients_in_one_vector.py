# clean: all gradients joined in one vector, mended, and handed back as its views
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


def mend(net):
    weights = [p for p in net.parameters() if p.grad is not None]
    flat = torch.cat([p.grad.flatten() for p in weights])
    torch.nan_to_num(flat, nan=0, posinf=1e5, neginf=-1e5, out=flat)
    parts = flat.split([p.numel() for p in weights])
    for p, part in zip(weights, parts, strict=True):
        p.grad = part.reshape(p.shape)


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=2e-3, betas=(0.0, 0.99))
opt_D = torch.optim.Adam(D.parameters(), lr=2e-3, betas=(0.0, 0.99))
for _ in range(TICKS):
    opt_D.zero_grad(set_to_none=True)
    for x_real in (torch.randn(16, 2) + 2).split(8):
        fake = G(torch.randn(8, 2)).detach()
        (softplus(-D(x_real)) + softplus(D(fake))).mean().div(2).backward()
    mend(D)
    opt_D.step()

    D.requires_grad_(False)
    opt_G.zero_grad(set_to_none=True)
    softplus(-D(G(torch.randn(16, 2)))).mean().backward()
    mend(G)
    opt_G.step()
    D.requires_grad_(True)
