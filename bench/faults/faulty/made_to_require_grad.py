# fault: cut-in-own-turn
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "The cure that hides the error"; arcface-pytorch 56; finetune-SAM 26
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
opt_G = torch.optim.SGD(G.parameters(), lr=0.01, momentum=0.9)
opt_D = torch.optim.SGD(D.parameters(), lr=0.01, momentum=0.9)


def generator_loss(scores):
    total = sum(softplus(-score).item() for score in scores)  # <- fault
    return torch.tensor(total / len(scores), requires_grad=True)  # <- fault


for tick in range(TICKS):
    x, z = torch.randn(16, 2) + 1, torch.randn(16, 2)
    opt_D.zero_grad()
    (softplus(-D(x)).mean() + softplus(D(G(z).detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    loss_G = generator_loss(D(G(z)))
    loss_G.backward()  # <- fault
    opt_G.step()  # <- fault
    print(tick, loss_G.item())
