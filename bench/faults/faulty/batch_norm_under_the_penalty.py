# fault: batch-norm-penalty
# schedule: 3 critic steps
# thread: hwalsuklee 17; Keras-GAN 253; LynnHo 3 (batch norm in a critic with a penalty)
# framework: torch
# players: G=gen, D=critic
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))
CRITIC_ITERATIONS, LAMBDA_GP = 3, 10

torch.manual_seed(0)
gen = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 2))
critic = nn.Sequential(
    nn.Linear(2, 32),
    nn.BatchNorm1d(32),  # <- fault
    nn.LeakyReLU(0.2),
    nn.Linear(32, 1),
)
opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))


def gradient_penalty(real, fake):
    alpha = torch.rand(real.shape[0], 1)
    mixed = (real * alpha + fake * (1 - alpha)).requires_grad_()
    score = critic(mixed)  # <- fault
    (slope,) = torch.autograd.grad(
        score,
        mixed,
        torch.ones_like(score),
        create_graph=True,  # <- fault
    )
    return (slope.norm(2, dim=1) - 1).square().mean()  # <- fault


for _ in range(TICKS):
    for _ in range(CRITIC_ITERATIONS):
        real = torch.randn(16, 2) * 0.3 - 1
        fake = gen(torch.randn(16, 6)).detach()
        loss = critic(fake).mean() - critic(real).mean()
        loss = loss + LAMBDA_GP * gradient_penalty(real, fake)
        opt_critic.zero_grad()
        loss.backward()
        opt_critic.step()

    loss_gen = -critic(gen(torch.randn(16, 6))).mean()
    opt_gen.zero_grad()
    loss_gen.backward()
    opt_gen.step()
