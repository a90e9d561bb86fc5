# clean: both gradients by autograd.grad, p.grad = g, two steps
# schedule: simultaneous
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 2))
D = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)


def assign(net, grads):
    for p, g in zip(net.parameters(), grads, strict=True):
        p.grad = g


for _ in range(TICKS):
    score_real, score_fake = D(torch.randn(32, 2) + 1), D(G(torch.randn(32, 2)))
    loss_D = softplus(-score_real).mean() + softplus(score_fake).mean()
    loss_G = softplus(-score_fake).mean()
    grads_G = torch.autograd.grad(loss_G, list(G.parameters()), retain_graph=True)
    grads_D = torch.autograd.grad(loss_D, list(D.parameters()))
    assign(G, grads_G)
    assign(D, grads_D)
    opt_G.step()
    opt_D.step()
