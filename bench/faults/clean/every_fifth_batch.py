# clean: five critic steps by i % n_critic, fakes shared with G's turn
# schedule: 5 critic steps
# framework: torch
# players: G=generator, D=discriminator
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
n_critic = 5


def main():
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(4, 32), nn.LeakyReLU(0.2), nn.Linear(32, 2))
    discriminator = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    optimizer_G = torch.optim.RMSprop(generator.parameters(), lr=5e-5)
    optimizer_D = torch.optim.RMSprop(discriminator.parameters(), lr=5e-5)
    dataloader = [torch.rand(16, 2) for _ in range(TICKS * n_critic)]

    for i, real_imgs in enumerate(dataloader):
        optimizer_D.zero_grad()
        fake_imgs = generator(torch.randn(16, 4)).detach()
        loss_D = discriminator(fake_imgs).mean() - discriminator(real_imgs).mean()
        loss_D.backward()
        optimizer_D.step()
        for p in discriminator.parameters():
            p.data.clamp_(-0.01, 0.01)

        if i % n_critic == 0:
            optimizer_G.zero_grad()
            gen_imgs = generator(torch.randn(16, 4))
            loss_G = -discriminator(gen_imgs).mean()
            loss_G.backward()
            optimizer_G.step()


if __name__ == "__main__":
    main()
