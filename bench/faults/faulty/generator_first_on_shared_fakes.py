# fault: simultaneous-in-disguise
# schedule: simultaneous
# thread: PyTorch-GAN 76 and 114 (G first or D first); public loops, PyTorch-GAN's gan
# framework: torch
# players: G=generator, D=discriminator
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh())
discriminator = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
optimizer_G = torch.optim.Adam(generator.parameters(), lr=2e-4)
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
adversarial_loss = nn.BCEWithLogitsLoss()
valid, fake = torch.ones(8, 1), torch.zeros(8, 1)

for _ in range(TICKS):
    real_imgs = torch.rand(8, 256) * 2 - 1

    # train the generator
    optimizer_G.zero_grad()
    gen_imgs = generator(torch.randn(8, 8))  # <- fault
    g_loss = adversarial_loss(discriminator(gen_imgs), valid)
    g_loss.backward()
    optimizer_G.step()

    # train the discriminator
    optimizer_D.zero_grad()
    real_loss = adversarial_loss(discriminator(real_imgs), valid)
    fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)  # <- fault
    d_loss = (real_loss + fake_loss) / 2
    d_loss.backward()
    optimizer_D.step()  # <- fault
