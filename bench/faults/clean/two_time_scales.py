# clean: hinge loss, two time scales, D's rate four times G's, rate schedulers
# schedule: alternating, D first
# framework: torch
# players: G=gen, D=dis
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import LinearLR

TICKS = int(os.environ.get("TICKS", 4))


def train_step(gen, dis, opts, real):
    opts["dis"].zero_grad()
    fake = gen(torch.randn(len(real), 8)).detach()
    d_loss = F.relu(1.0 - dis(real)).mean() + F.relu(1.0 + dis(fake)).mean()
    d_loss.backward()
    opts["dis"].step()

    opts["gen"].zero_grad()
    g_loss = -dis(gen(torch.randn(len(real), 8))).mean()
    g_loss.backward()
    opts["gen"].step()
    return {"d": d_loss.item(), "g": g_loss.item()}


def main():
    torch.manual_seed(0)
    gen = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 256), nn.Tanh())
    dis = nn.Sequential(nn.Linear(256, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    opts = {
        "gen": torch.optim.Adam(gen.parameters(), lr=1e-4, betas=(0.0, 0.9)),
        "dis": torch.optim.Adam(dis.parameters(), lr=4e-4, betas=(0.0, 0.9)),
    }
    schedulers = [LinearLR(opt, 1.0, 0.1, total_iters=10) for opt in opts.values()]
    history = []
    for _ in range(TICKS):
        history.append(train_step(gen, dis, opts, torch.rand(16, 256) * 2 - 1))
        for scheduler in schedulers:
            scheduler.step()


if __name__ == "__main__":
    main()
