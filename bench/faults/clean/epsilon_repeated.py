# clean: one epsilon a sample, repeated to the shape of the image; no detach
# schedule: 2 critic steps
# framework: torch
# players: G=gen, D=critic
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def gradient_penalty(critic, real, fake):
    size, channels, height, width = real.shape
    epsilon = torch.rand((size, 1, 1, 1)).repeat(1, channels, height, width)
    blend = real * epsilon + fake * (1 - epsilon)
    scores = critic(blend)
    slope = torch.autograd.grad(
        inputs=blend,
        outputs=scores,
        grad_outputs=torch.ones_like(scores),
        create_graph=True,
        retain_graph=True,
    )[0]
    return ((slope.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


torch.manual_seed(0)
gen = nn.Sequential(
    nn.ConvTranspose2d(4, 8, 2),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.ConvTranspose2d(8, 1, 2, 2),
)
critic = nn.Sequential(nn.Conv2d(1, 8, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(8, 1, 2))
opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
for _ in range(TICKS):
    real = torch.randn(8, 1, 4, 4)
    for _ in range(2):
        fake = gen(torch.randn(8, 4, 1, 1))
        penalty = gradient_penalty(critic, real, fake)
        loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
        opt_critic.zero_grad()
        loss.backward(retain_graph=True)
        opt_critic.step()

    opt_gen.zero_grad()
    (-critic(fake).mean()).backward()
    opt_gen.step()
