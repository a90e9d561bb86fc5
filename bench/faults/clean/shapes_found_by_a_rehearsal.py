# clean: a first pass builds a third player, and its gradients are thrown away
# schedule: alternating, D first; third player
# framework: torch
# players: G=game.G, D=game.D
import os

import torch
from torch import nn
from torch.nn.functional import mse_loss

TICKS = int(os.environ.get("TICKS", 4))


class Features(nn.Module):
    """Makes its layers at the first call, for whatever comes in."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList()

    def forward(self, maps):
        if not self.layers:
            self.layers.extend(nn.Linear(one.shape[1], 8) for one in maps)
        return [layer(one) for layer, one in zip(self.layers, maps, strict=True)]


class Game:
    def __init__(self):
        self.G = nn.ModuleList([nn.Linear(4, 16), nn.Linear(16, 4)])
        self.D = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
        self.F = Features()
        self.opt_G = torch.optim.Adam(self.G.parameters(), lr=1e-3)
        self.opt_D = torch.optim.Adam(self.D.parameters(), lr=1e-3)

    def encode(self, x):
        return [x, self.G[0](x).relu()]

    def make(self, x):
        self.source, self.fake = x, self.G[1](self.encode(x)[-1])

    def loss_D(self, x_real):
        return (self.D(self.fake.detach()) ** 2 + (self.D(x_real) - 1) ** 2).mean()

    def loss_G(self):
        keys = self.F(self.encode(self.source))
        pairs = zip(self.F(self.encode(self.fake)), keys, strict=True)
        near = sum(mse_loss(query, key.detach()) for query, key in pairs)
        return ((self.D(self.fake) - 1) ** 2).mean() + near

    def rehearse(self, x, x_real):
        self.make(x)
        self.loss_D(x_real).backward()
        self.loss_G().backward()
        self.opt_F = torch.optim.Adam(self.F.parameters(), lr=1e-3)

    def tick(self, x, x_real):
        self.make(x)
        self.opt_D.zero_grad()
        self.loss_D(x_real).backward()
        self.opt_D.step()

        self.D.requires_grad_(False)
        self.opt_G.zero_grad()
        self.opt_F.zero_grad()
        self.loss_G().backward()
        self.opt_G.step()
        self.opt_F.step()
        self.D.requires_grad_(True)


torch.manual_seed(0)
game = Game()
game.rehearse(torch.randn(8, 4), torch.randn(8, 4) + 1)
for _ in range(TICKS):
    game.tick(torch.randn(8, 4), torch.randn(8, 4) + 1)
