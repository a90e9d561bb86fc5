# fault: scaler-updated-between
# schedule: simultaneous
# thread: OpenGait 147; accelerate 439
# framework: torch
# players: G=state.G, D=state.D
import os
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def setup():
    G = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
    D = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 1))
    return SimpleNamespace(
        G=G,
        D=D,
        optimizers=[torch.optim.Adam(net.parameters(), 1e-3) for net in (G, D)],
        scaler=torch.amp.GradScaler("cpu", init_scale=2.0**4, growth_interval=1),
    )


def losses(state, real):
    fake = state.G(torch.randn(len(real), 4))
    state.D.requires_grad_(False)
    loss_G = -state.D(fake).mean()
    state.D.requires_grad_(True)
    d_fake = state.D(fake.detach())
    loss_D = F.relu(1 - state.D(real)).mean() + F.relu(1 + d_fake).mean()
    return loss_G, loss_D


def train(state, batches):
    for real in batches:
        for optimizer in state.optimizers:
            optimizer.zero_grad()
        for loss in losses(state, real):
            state.scaler.scale(loss).backward()
        for optimizer in state.optimizers:
            state.scaler.step(optimizer)  # <- fault
            state.scaler.update()  # <- fault


torch.manual_seed(0)
state = setup()
train(state, [torch.randn(16, 2) + 1 for _ in range(TICKS)])
