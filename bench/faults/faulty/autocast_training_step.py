# fault: autocast-cache
# schedule: simultaneous
# thread: Lightning 21611 (whole training steps under autocast with its cache)
# framework: torch
# players: G=module.generator, D=module.discriminator
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


class GANModule:
    """Both turns in one training step, as in manual optimisation."""

    def __init__(self):
        self.generator = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256))
        self.discriminator = nn.Sequential(
            nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
        )
        self.opt_g = torch.optim.Adam(self.generator.parameters(), lr=2e-4)
        self.opt_d = torch.optim.Adam(self.discriminator.parameters(), lr=2e-4)
        self.bce = nn.BCEWithLogitsLoss()

    def loss(self, images, label):
        logits = self.discriminator(images).float()
        return self.bce(logits, torch.full_like(logits, label))

    def training_step(self, imgs):
        self.opt_g.zero_grad()
        self.loss(self.generator(torch.randn(len(imgs), 8)), 1.0).backward()
        self.opt_g.step()

        self.opt_d.zero_grad()
        fake = self.generator(torch.randn(len(imgs), 8)).detach()  # <- fault
        (self.loss(imgs, 1.0) + self.loss(fake, 0.0)).backward()
        self.opt_d.step()


def fit(module, batches):
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16):  # <- fault
            module.training_step(batch)


if __name__ == "__main__":
    torch.manual_seed(0)
    module = GANModule()
    fit(module, (torch.rand(8, 256) for _ in range(TICKS)))
