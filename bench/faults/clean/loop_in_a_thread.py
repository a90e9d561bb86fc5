# clean: the whole loop runs in a thread, another feeds it
# schedule: alternating, D first
# framework: torch
# players: G=G, D=D
import os
import queue
import threading

import torch
from torch import nn
from torch.nn.functional import softplus

TICKS = int(os.environ.get("TICKS", 4))
batches = queue.Queue(2)


def feed():
    for tick in range(TICKS):
        batches.put(torch.full((16, 2), 2.0) + tick)


def train():
    opt_G = torch.optim.Adam(G.parameters(), lr=1e-3)
    opt_D = torch.optim.Adam(D.parameters(), lr=1e-3)
    for _ in range(TICKS):
        x_real, fake = batches.get(), G(torch.randn(16, 2))
        opt_D.zero_grad()
        (softplus(-D(x_real)) + softplus(D(fake.detach()))).mean().backward()
        opt_D.step()

        opt_G.zero_grad()
        softplus(-D(fake)).mean().backward()
        opt_G.step()


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
threads = [threading.Thread(target=one) for one in (feed, train)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
