# fault: never-cleared
# schedule: alternating, G first
# thread: Lightning 591 (only one optimizer is cleared)
# framework: torch
# players: G=nets["G"], D=nets["D"]
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)


def mlp(out):
    return nn.Sequential(nn.Linear(2, 20), nn.LeakyReLU(0.2), nn.Linear(20, out))


nets = {"G": mlp(2), "D": mlp(1)}
opts = {name: torch.optim.Adam(net.parameters(), 1e-3) for name, net in nets.items()}


def loss_G(x):
    return softplus(-nets["D"](nets["G"](torch.randn_like(x)))).mean()


def loss_D(x):
    fake = nets["G"](torch.randn_like(x)).detach()
    return softplus(-nets["D"](x)).mean() + softplus(nets["D"](fake)).mean()


phases = [("G", loss_G, "D"), ("D", loss_D, "D")]  # player, loss, whose to clear

for _ in range(TICKS):
    for name, loss, cleared in phases:
        opts[cleared].zero_grad()  # <- fault
        loss(torch.randn(16, 2) - 1).backward()
        opts[name].step()  # <- fault
