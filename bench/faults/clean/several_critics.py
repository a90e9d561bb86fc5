# clean: three critics at three scales in one optimizer, feature loss
# schedule: alternating, D first
# framework: torch
# players: G=netG, D=critics
import os

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Scale(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.out = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 1, 3)

    def forward(self, x):
        features = F.leaky_relu(self.conv(x), 0.2)
        return self.out(features), features


def pyramid(x):
    return [x, F.avg_pool2d(x, 2), F.avg_pool2d(x, 4)]


def main():
    torch.manual_seed(0)
    netG = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 1))
    critics = nn.ModuleList(Scale() for _ in range(3))
    optG = torch.optim.Adam(netG.parameters(), lr=1e-4, betas=(0.5, 0.9))
    optD = torch.optim.Adam(critics.parameters(), lr=1e-4, betas=(0.5, 0.9))
    for _ in range(TICKS):
        mask, image = torch.rand(4, 1, 16, 16), torch.rand(4, 1, 16, 16)
        fake = netG(mask)
        optD.zero_grad()
        loss_D = 0.0
        for D, real_x, fake_x in zip(
            critics, pyramid(image), pyramid(fake.detach()), strict=True
        ):
            loss_D = loss_D + F.relu(1 - D(real_x)[0]).mean()
            loss_D = loss_D + F.relu(1 + D(fake_x)[0]).mean()
        loss_D.backward()
        optD.step()

        critics.requires_grad_(False)
        optG.zero_grad()
        loss_G = 0.0
        for D, real_x, fake_x in zip(
            critics, pyramid(image), pyramid(fake), strict=True
        ):
            score, features = D(fake_x)
            loss_G = loss_G - score.mean() + 10 * F.l1_loss(features, D(real_x)[1])
        loss_G.backward()
        optG.step()
        critics.requires_grad_(True)


if __name__ == "__main__":
    main()
