# fault: walks-into-generator
# also: wasted-weight-gradients
# schedule: 5 critic steps
# thread: public loops, "No detach in D's turn", WGAN-GP code; pytorch/examples 116
# framework: torch
# players: G=gen, D=critic
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(len(real), 1)
    mixed = real * alpha + fake * (1 - alpha)
    score = critic(mixed)
    (slope,) = torch.autograd.grad(
        score, mixed, torch.ones_like(score), create_graph=True, retain_graph=True
    )
    return (slope.norm(2, dim=1) - 1).square().mean()


def main():
    torch.manual_seed(0)
    gen = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 2))
    critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_gen = torch.optim.Adam(gen.parameters(), lr=1e-4, betas=(0.0, 0.9))
    opt_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for _ in range(TICKS):
        for _ in range(5):
            real, fake = torch.randn(16, 2) + 2, gen(torch.randn(16, 4))  # <- fault
            loss = critic(fake).mean() - critic(real).mean()
            loss = loss + 10 * gradient_penalty(critic, real, fake)
            critic.zero_grad()
            loss.backward()  # <- fault
            opt_critic.step()
        critic.requires_grad_(False)
        gen.zero_grad()
        (-critic(gen(torch.randn(16, 4))).mean()).backward()
        opt_gen.step()
        critic.requires_grad_(True)


if __name__ == "__main__":
    main()
