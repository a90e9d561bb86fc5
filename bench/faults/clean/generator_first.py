# clean: G steps first, D on the fakes of before
# schedule: simultaneous
# framework: torch
# players: G=generator, D=discriminator
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(True), nn.Linear(64, 256))

    def forward(self, z):
        return self.model(z).tanh().view(-1, 1, 16, 16)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2, True))
        self.out = nn.Sequential(nn.Linear(64, 1), nn.Sigmoid())

    def forward(self, img):
        return self.out(self.model(img.view(img.size(0), -1)))


torch.manual_seed(0)
generator, discriminator = Generator(), Discriminator()
adversarial_loss = nn.BCELoss()
optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

for i in range(TICKS):
    real_imgs = torch.rand(8, 1, 16, 16) * 2 - 1
    valid, fake = torch.ones(8, 1), torch.zeros(8, 1)

    optimizer_G.zero_grad()
    gen_imgs = generator(torch.randn(8, 8))
    g_loss = adversarial_loss(discriminator(gen_imgs), valid)
    g_loss.backward()
    optimizer_G.step()

    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(real_imgs), valid)
    fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
    d_loss = (real_loss + fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()
    print(f"[{i}/{TICKS}] [D loss: {d_loss.item():f}] [G loss: {g_loss.item():f}]")
