# fault: left-in-eval
# schedule: alternating, D first
# thread: clinic "Left in eval mode after a picture"; pytorch/tutorials 1093
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(
    nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(16, 1)
)
opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
x_held_out = torch.randn(64, 2) + 1


def accuracy():
    D.eval()  # <- fault
    with torch.no_grad():
        return (D(x_held_out) > 0).float().mean().item()


print("before:", accuracy())
for tick in range(TICKS):
    x_fake = G(torch.randn(16, 2))
    opt_D.zero_grad()
    loss_D = softplus(-D(torch.randn(16, 2) + 1)).mean()  # <- fault
    (loss_D + softplus(D(x_fake.detach())).mean()).backward()
    opt_D.step()

    opt_G.zero_grad()
    softplus(-D(x_fake)).mean().backward()
    opt_G.step()
    print(tick, accuracy())
