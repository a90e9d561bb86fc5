# fault: left-in-eval
# schedule: alternating, D first
# thread: clinic "Left in eval mode after a picture"; generative collections 9
# framework: torch
# players: G=gan.G, D=gan.D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class GAN:
    def __init__(self):
        self.G = nn.Sequential(
            nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 256)
        )
        self.D = nn.Sequential(nn.Linear(256, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
        self.G_optimizer = torch.optim.Adam(self.G.parameters(), lr=2e-4)
        self.D_optimizer = torch.optim.Adam(self.D.parameters(), lr=2e-4)
        self.loss = nn.BCEWithLogitsLoss()
        self.sample_z = torch.randn(4, 8)

    def visualize_results(self):
        self.G.eval()  # <- fault
        with torch.no_grad():
            return self.G(self.sample_z).view(4, 16, 16)

    def train(self):
        ones, zeros = torch.ones(16, 1), torch.zeros(16, 1)
        self.visualize_results()
        for _ in range(TICKS):
            x, z = torch.rand(16, 256), torch.randn(16, 8)
            self.D_optimizer.zero_grad()
            fake = self.G(z).detach()  # <- fault
            d_loss = self.loss(self.D(x), ones) + self.loss(self.D(fake), zeros)
            d_loss.backward()
            self.D_optimizer.step()

            self.G_optimizer.zero_grad()
            self.loss(self.D(self.G(z)), ones).backward()  # <- fault
            self.G_optimizer.step()
            self.visualize_results()


torch.manual_seed(0)
gan = GAN()
gan.train()
