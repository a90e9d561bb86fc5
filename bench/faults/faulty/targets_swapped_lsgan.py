# fault: same-pull
# schedule: alternating, G first
# thread: clinic "Both players pull the same way"; edge-connect 60
# framework: torch
# players: G=model.G, D=model.D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class GANLoss:
    def __init__(self, real=1.0, fake=0.0):
        self.targets, self.mse = {True: real, False: fake}, nn.MSELoss()

    def __call__(self, prediction, is_real):
        return self.mse(prediction, torch.full_like(prediction, self.targets[is_real]))


class Model:
    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
        self.D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
        self.optimizers = [torch.optim.Adam(n.parameters()) for n in (self.G, self.D)]
        self.criterion = GANLoss()

    def optimize_parameters(self, real):
        opt_G, opt_D = self.optimizers
        opt_G.zero_grad()
        loss_G = self.criterion(self.D(self.G(torch.randn_like(real))), True)
        loss_G.backward()  # <- fault
        opt_G.step()

        opt_D.zero_grad()
        fake = self.G(torch.randn_like(real)).detach()
        loss_D = self.criterion(self.D(real), False)  # <- fault
        loss_D = loss_D + self.criterion(self.D(fake), True)  # <- fault
        loss_D.backward()
        opt_D.step()


if __name__ == "__main__":
    torch.manual_seed(0)
    model = Model()
    for _ in range(TICKS):
        model.optimize_parameters(torch.randn(16, 2) + 3)
