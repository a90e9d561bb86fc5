# fault: nobodys-weights|earlier-weights
# also: never-moved, step-moves-nobody
# schedule: only D moves
# thread: clinic "The optimizer holds other weights"; own
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))


def without_decay(net):
    """Weights and biases in two groups, for AdamW."""
    copies = [nn.Parameter(p.detach().clone()) for p in net.parameters()]  # <- fault
    return [
        {"params": [p for p in copies if p.ndim > 1], "weight_decay": 0.01},
        {"params": [p for p in copies if p.ndim == 1], "weight_decay": 0.0},
    ]


opt_G = torch.optim.AdamW(without_decay(G), lr=1e-3)  # <- fault
opt_D = torch.optim.AdamW(D.parameters(), lr=1e-3)
for _ in range(TICKS):
    opt_D.zero_grad()
    fake = G(torch.randn(16, 3))
    (D(fake.detach()).relu() + (1 - D(torch.rand(16, 2))).relu()).mean().backward()
    opt_D.step()
    G.zero_grad()
    (-D(fake).mean()).backward()
    opt_G.step()  # <- fault
