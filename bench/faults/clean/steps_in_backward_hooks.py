# clean: an optimizer for each weight, stepped in the hook of its gradient
# schedule: alternating, D first
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
optimizers = {
    p: torch.optim.SGD([p], lr=0.02) for net in (G, D) for p in net.parameters()
}


def step_and_clear(p):
    optimizers[p].step()
    optimizers[p].zero_grad()


for p in optimizers:
    p.register_post_accumulate_grad_hook(step_and_clear)

for _ in range(TICKS):
    x_fake = G(torch.randn(16, 2))
    loss_D = softplus(-D(torch.randn(16, 2) + 1)).mean()
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()

    D.requires_grad_(False)
    softplus(-D(x_fake)).mean().backward()
    D.requires_grad_(True)
