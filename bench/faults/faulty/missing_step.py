# fault: never-moved
# schedule: only D moves
# thread: clinic "zero_grad in the wrong place"; deepfillv2 6 (no step)
# framework: torch
# players: G=generator, D=discriminator
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 256))

    def forward(self, z):
        return torch.tanh(self.net(z)).view(-1, 1, 16, 16)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(256, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, img):
        return self.net(img.flatten(1))


torch.manual_seed(0)
generator, discriminator = Generator(), Discriminator()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4)
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
adversarial_loss = nn.BCEWithLogitsLoss()
valid, fake = torch.ones(16, 1), torch.zeros(16, 1)

for _ in range(TICKS):
    imgs = torch.rand(16, 1, 16, 16) * 2 - 1
    gen_imgs = generator(torch.randn(16, 10))

    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(imgs), valid)
    fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
    ((real_loss + fake_loss) / 2).backward()
    optimizer_D.step()

    optimizer_G.zero_grad()
    g_loss = adversarial_loss(discriminator(gen_imgs), valid)
    g_loss.backward()  # <- fault
