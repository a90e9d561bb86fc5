# fault: dead-penalty
# schedule: 2 critic steps
# thread: AiDotNet 1844; mlpack 2891; clinic "A penalty without effect"
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import autograd, nn

TICKS = int(os.environ.get("TICKS", 4))


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.size(0), 1)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = critic(interpolates)
    gradients = autograd.grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones_like(scores),
        retain_graph=True,
    )[0]  # <- fault
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


def main():
    torch.manual_seed(0)
    G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-4, betas=(0.0, 0.9))
    for _ in range(TICKS):
        for _ in range(2):
            real, fake = torch.randn(16, 2) + 2, G(torch.randn(16, 2)).detach()
            opt_D.zero_grad()
            loss = D(fake).mean() - D(real).mean()
            loss = loss + 10 * gradient_penalty(D, real, fake)  # <- fault
            loss.backward()  # <- fault
            opt_D.step()
        opt_G.zero_grad()
        (-D(G(torch.randn(16, 2))).mean()).backward()
        opt_G.step()


if __name__ == "__main__":
    main()
