# fault: step-moves-nobody|never-moved
# schedule: only D moves
# thread: own
# framework: torch
# players: G=G, D=D
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.GELU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.GELU(), nn.Linear(16, 1))
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
warm_up = LambdaLR(opt_G, lambda step: min(step / 500, 1.0))  # <- fault


def adversarial(logits, real):
    target = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, target)


for _ in range(TICKS):
    x = torch.randn(24, 2) @ torch.tensor([[1.0, 0.4], [0.0, 0.6]])
    opt_D.zero_grad()
    fake = G(torch.randn(24, 2))
    (adversarial(D(x), True) + adversarial(D(fake.detach()), False)).backward()
    opt_D.step()

    opt_G.zero_grad()
    adversarial(D(fake), True).backward()
    opt_G.step()  # <- fault
