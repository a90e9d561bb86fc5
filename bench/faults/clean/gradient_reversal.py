# clean: one loss, gradient reversal, one optimizer
# schedule: simultaneous
# framework: torch
# players: G=model.G, D=model.D
import os

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -grad


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.G = nn.Sequential(nn.Linear(2, 24), nn.ELU(), nn.Linear(24, 2))
        self.D = nn.Sequential(nn.Linear(2, 24), nn.ELU(), nn.Linear(24, 1))

    def forward(self, x_real):
        x_fake = Reverse.apply(self.G(torch.randn_like(x_real)))
        return softplus(-self.D(x_real)).mean() + softplus(self.D(x_fake)).mean()


if __name__ == "__main__":
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(TICKS):
        optimizer.zero_grad()
        loss = model(torch.randn(32, 2) * 0.5 + 1)
        loss.backward()
        optimizer.step()
