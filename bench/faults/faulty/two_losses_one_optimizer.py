# fault: other-loss-leftovers
# also: walks-into-generator
# schedule: simultaneous
# thread: hmr 147 (both updated jointly); reader questions
# framework: torch
# players: G=model.G, D=model.D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class GAN(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.G = nn.Sequential(nn.Linear(2, width), nn.ELU(), nn.Linear(width, 2))
        self.D = nn.Sequential(nn.Linear(2, width), nn.ELU(), nn.Linear(width, 1))

    def losses(self, x):
        fake = self.D(self.G(torch.randn_like(x)))
        loss_D = softplus(-self.D(x)).mean() + softplus(fake).mean()
        return loss_D, softplus(-fake).mean()


torch.manual_seed(0)
model = GAN()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(TICKS):
    optimizer.zero_grad()
    loss_D, loss_G = model.losses(torch.randn(32, 2) + 1)
    loss_D.backward(retain_graph=True)  # <- fault
    loss_G.backward()  # <- fault
    optimizer.step()  # <- fault
