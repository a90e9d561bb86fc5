# fault: same-pull
# also: walks-into-generator
# schedule: 5 critic steps
# thread: Zeleni9/pytorch-wgan 53 (G's sign turned in the clipping file)
# framework: torch
# players: G=G, D=D
import os

import torch
from torch import nn

TICKS = int(os.environ.get("TICKS", 4))


def infinite_batches():
    while True:
        yield torch.randn(16, 2) * 0.2 + 1


torch.manual_seed(0)
G = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
D = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
g_optimizer = torch.optim.RMSprop(G.parameters(), lr=5e-5)
d_optimizer = torch.optim.RMSprop(D.parameters(), lr=5e-5)
one, mone = torch.tensor(1.0), torch.tensor(-1.0)
data = infinite_batches()

for _ in range(TICKS):
    for p in D.parameters():
        p.requires_grad = True
    for _ in range(5):
        D.zero_grad()
        for p in D.parameters():
            p.data.clamp_(-0.01, 0.01)
        d_loss_real = D(next(data)).mean()
        d_loss_real.backward(one)
        d_loss_fake = D(G(torch.randn(16, 2))).mean()
        d_loss_fake.backward(mone)  # <- fault
        d_optimizer.step()

    for p in D.parameters():
        p.requires_grad = False
    G.zero_grad()
    g_loss = D(G(torch.randn(16, 2))).mean()
    g_loss.backward(mone)  # <- fault
    g_optimizer.step()
